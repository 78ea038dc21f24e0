import { parentPort, workerData } from 'node:worker_threads';
import { makeHere, type Job, type SpecText } from './jobs';

const { job, specs } = workerData as { readonly job: Job; readonly specs: readonly SpecText[] };
parentPort!.postMessage(makeHere(job, specs));
