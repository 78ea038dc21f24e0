import { CommanderError } from 'commander';
import { Complaint } from '../config/complaint';
import { safeLines } from '../domain/text/safe';

const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
const CANCELLED = 1;

/** What a person is shown of an error, and the exit code: 1 refused or failed, 2 usage or configuration. Undefined text: it was shown already. */
export function explain(error: unknown, debug: boolean): { readonly text?: string; readonly exitCode: number } {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
  const exitCode = error instanceof Complaint ? error.exitCode : 1;
  const stack = debug && error instanceof Error && error.stack ? `\n${error.stack}` : '';
  return { text: safeLines(`millrace: ${messageOf(error)}${stack}`).join('\n'), exitCode };
}

function messageOf(error: unknown): string {
  const code = grpcCode(error);
  if (code === UNAVAILABLE) return 'the Temporal server went away (is `millrace up` running?)';
  if (code === DEADLINE_EXCEEDED || code === CANCELLED)
    return 'the factory does not answer: Temporal runs, but no worker does (run `millrace up`; logs are in <state>/logs)';
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

/** Told by its form: Temporal's client takes half a second to load, and most commands that fail have not loaded it. */
function grpcCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number' && 'details' in error && 'metadata' in error) return error.code;
  return error.cause ? grpcCode(error.cause) : undefined;
}
