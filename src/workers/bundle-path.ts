import { resolve } from 'node:path';

/** Where the built workflow code lies; workers load it instead of bundling at every start. The same file where this one is loaded from source. */
export const BUNDLE = resolve(__dirname, '../../dist/workflow-bundle.js');
