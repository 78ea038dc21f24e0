import { commandsFor } from './commands';
import { explain } from './errors';
import { millraceProgram } from './program';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

async function run(): Promise<void> {
  const program = millraceProgram(await commandsFor(process.argv.slice(2)));
  try {
    await program.parseAsync();
  } catch (error) {
    const { text, exitCode } = explain(error, program.opts<{ debug?: boolean }>().debug === true);
    if (text) process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}

void run();
