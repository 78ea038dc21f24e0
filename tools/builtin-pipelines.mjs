// Writes src/domain/spec/builtin-pipelines.ts: the pipelines that are built into the melange of tools/versions.json, from its Go module.
// Run it after melange's version changed: node tools/builtin-pipelines.mjs
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const tools = dirname(fileURLToPath(import.meta.url));
const { programs } = JSON.parse(readFileSync(join(tools, 'versions.json'), 'utf8'));
const version = programs.melange.version;
const module = JSON.parse(execFileSync('go', ['mod', 'download', '-json', `chainguard.dev/melange@v${version}`], { encoding: 'utf8' }));
const folder = join(module.Dir, 'pkg/build/pipelines');
const files = readdirSync(folder, { recursive: true })
  .filter((file) => file.endsWith('.yaml'))
  .sort();
const table = Object.fromEntries(files.map((file) => [file.slice(0, -'.yaml'.length), readFileSync(join(folder, file), 'utf8')]));
const target = join(tools, '../src/domain/spec/builtin-pipelines.ts');
const source = `// Written by tools/builtin-pipelines.mjs from chainguard.dev/melange@v${version} (Apache-2.0). Do not edit.

/** The text of every pipeline that is built into melange ${version}, by the name after \`uses:\`. */
export const BUILTIN_PIPELINES: Readonly<Record<string, string>> = ${JSON.stringify(table, undefined, 2)};
`;
writeFileSync(target, await format(source, { ...(await resolveConfig(target)), filepath: target }));
process.stdout.write(`${files.length} pipelines of melange ${version}\n`);
