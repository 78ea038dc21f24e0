import { commandsFor } from '../../src/cli/commands';
import { explain } from '../../src/cli/errors';
import { millraceProgram } from '../../src/cli/program';

/** Runs the command as `main.ts` does, with what it writes and its exit code. */
export async function runMillrace(...args: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  const written = { out: '', err: '' };
  const catching = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    written[stream] += String(text);
    return true;
  };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation(catching('out'));
  const err = jest.spyOn(process.stderr, 'write').mockImplementation(catching('err'));
  process.exitCode = undefined;
  try {
    await millraceProgram(commandsFor(args)).parseAsync([...args], { from: 'user' });
    return { ...written, code: Number((process as { exitCode?: unknown }).exitCode ?? 0) };
  } catch (error) {
    const { text, exitCode } = explain(error, args.includes('--debug'));
    return { ...written, err: `${written.err}${text ?? ''}`, code: exitCode };
  } finally {
    out.mockRestore();
    err.mockRestore();
    process.exitCode = undefined;
  }
}
