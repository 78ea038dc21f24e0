import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { Complaint } from '../../config/complaint';
import { SPEC_ARCHITECTURES, type SpecArchitecture } from '../../domain/spec/architecture';
import { showSpec } from '../../domain/spec/show';
import { print, printJson } from '../output';
import { pipelineFiles, readPipelines, readText } from './files';

interface Options {
  readonly arch: SpecArchitecture;
  readonly buildOption: readonly string[];
  readonly json?: boolean;
}

export function showCommand(): Command {
  return new Command('show')
    .summary('the expanded spec for an architecture')
    .description(
      'Prints what `melange compile` makes of a spec: variables put in, subpackages once for each item of their range, the steps of every pipeline, and the packages that each environment needs.',
    )
    .argument('<file>', 'spec; pipelines are those in `pipelines/` beside it and those of melange')
    .addOption(new Option('--arch <arch>', 'architecture').choices(SPEC_ARCHITECTURES).makeOptionMandatory())
    .addOption(new Option('--build-option <name...>', "switch on one of the spec's `options:`").default([]))
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace spec show packages/zlib.yaml --arch x86_64\n\nExit codes: 0 shown, 1 the spec has errors, 2 usage',
    )
    .action((file: string, { arch, buildOption, json }: Options) => {
      const text = readText(file);
      const { pipelines, problems } = readPipelines(pipelineFiles(dirname(file)));
      const shown = showSpec(text, file, { arch, pipelines, options: buildOption });
      if (!shown.ok) throw new Complaint([...shown.error, ...problems]);
      if (json) printJson(shown.value);
      else print(stringify(shown.value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd());
    });
}
