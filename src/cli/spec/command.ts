import { Command } from 'commander';
import { bumpCommand } from './bump';
import { lintCommand } from './lint';
import { showCommand } from './show';

export function specCommand(): Command {
  const spec = new Command('spec')
    .summary('check, expand and edit specs')
    .description('Works on spec files alone: needs neither a millrace.yaml nor a running factory.');
  for (const command of [lintCommand(), showCommand(), bumpCommand()]) spec.addCommand(command);
  return spec;
}
