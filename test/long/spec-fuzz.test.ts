import { builtInPipelines } from '../../src/domain/spec/builtin';
import { layered } from '../../src/domain/spec/pipeline';
import { mutate, randomNumbers, survive } from '../domain/spec/mutate';
import { packIt, unpack } from '../domain/spec/pack';

packIt('wolfi-os-specs.tar.gz')('20,000 mutated specs give errors with positions, and no exception', async () => {
  const specs = [...(await unpack('wolfi-os-specs.tar.gz'))].filter(([name]) => !name.includes('/'));
  const pipelines = layered(new Map(), builtInPipelines);
  const random = randomNumbers(20_000);
  let slowest = { file: '', milliseconds: 0 };
  for (let run = 0; run < 20_000; run++) {
    const [file, text] = specs[random(specs.length)]!;
    const { milliseconds } = survive(mutate(text, random), file, pipelines);
    if (milliseconds > slowest.milliseconds) slowest = { file, milliseconds };
  }
  // No bound is asserted: how long it takes depends on what else the machine does.
  process.stdout.write(`slowest of 20,000: ${slowest.milliseconds.toFixed(0)} ms (${slowest.file})\n`);
});
