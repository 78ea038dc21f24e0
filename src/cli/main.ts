import { commandsFor } from './commands';
import { explain } from './errors';
import { millraceProgram } from './program';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const program = millraceProgram(commandsFor(process.argv.slice(2)));
program.parseAsync().catch((error: unknown) => {
  const { text, exitCode } = explain(error, program.opts<{ debug?: boolean }>().debug === true);
  if (text) process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
});
