import { readFile } from 'node:fs/promises';
import { imageCheck } from '../../domain/image/gate';
import { layerDifferences } from './layer-differences';
import type { Layout, LayoutImage } from './layout';
import { shortened } from './verdicts';
import type { Look } from './verdicts';

/** What one run of apko made. */
export interface Made {
  readonly layout: Layout;
  /** Files of the SPDX documents, by architecture. */
  readonly sboms: Readonly<Record<string, string>>;
}

/** Two builds of one lock are the same to the byte: index, and with it all that it names, and SBOMs. Where they are not, the verdict names the files of the layers that differ, and in what. */
export async function reproducibleVerdict(variant: string, first: Made, second: Made): Promise<Look> {
  const check = imageCheck('image-reproducible', variant);
  const documents = await differingSboms(first, second);
  if (first.layout.digest === second.layout.digest && documents.length === 0)
    return { check, outcome: 'passed', summary: `built twice, both times ${first.layout.digest}`, details: [] };
  const differences = [...(await differingImages(first.layout, second.layout)), ...documents];
  return {
    check,
    outcome: 'failed',
    summary: `two builds of one lock differ: ${differences[0]}`,
    details: shortened([`first ${first.layout.digest}, second ${second.layout.digest}`, ...differences]),
  };
}

async function differingSboms(first: Made, second: Made): Promise<readonly string[]> {
  const differing: string[] = [];
  for (const [architecture, file] of Object.entries(first.sboms))
    if (!(await readFile(file)).equals(await readFile(second.sboms[architecture]!))) differing.push(`the SBOM for ${architecture}`);
  return differing;
}

/** Of what is named by a digest, only what differs in itself is told: a layer that differs makes configuration, manifest and index differ. */
async function differingImages(first: Layout, second: Layout): Promise<readonly string[]> {
  if (first.digest === second.digest) return [];
  const lines: string[] = [];
  for (const one of first.images) {
    const other = second.images.find(({ platform }) => platform === one.platform);
    if (!other) lines.push(`${one.platform}: only in the first build`);
    else if (one.manifest.digest !== other.manifest.digest)
      lines.push(...(await differingParts(one, other)).map((line) => `${one.platform}: ${line}`));
  }
  return lines.length > 0 ? lines : ['index.json'];
}

async function differingParts(one: LayoutImage, other: LayoutImage): Promise<readonly string[]> {
  if (one.layers.length !== other.layers.length) return [`${one.layers.length} layers and ${other.layers.length}`];
  const lines: string[] = [];
  for (const [position, layer] of one.layers.entries()) {
    const next = other.layers[position]!;
    if (layer.digest === next.digest) continue;
    const found = await layerDifferences(layer.file, next.file);
    lines.push(...(found.length > 0 ? found : [`layer ${position + 1}: order of its files, or compression`]));
  }
  if (lines.length > 0) return lines;
  return [one.config.digest === other.config.digest ? 'the manifest' : 'the configuration'];
}
