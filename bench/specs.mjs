// npm run bench:specs: reads, checks and bumps the specs of a whole distribution, and relates them. Prints the bound beside each figure.
// It works on ../shared/data beside the checkout, or on the folder of data packs that MILLRACE_DATA names.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const data = process.env.MILLRACE_DATA ?? path.join(root, '../shared/data');
if (!existsSync(path.join(data, 'wolfi-os-specs.tar.gz'))) {
  console.error(`no wolfi-os-specs.tar.gz in ${data}: set MILLRACE_DATA to the folder of data packs`);
  process.exit(1);
}
/** Reports on file descriptor 3 what the process used: of children that have ended only the sum is to be had. */
const REPORT = `import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => { const used = process.resourceUsage(); writeSync(3, JSON.stringify({ cpu: (used.userCPUTime + used.systemCPUTime) / 1e6, megabytes: used.maxRSS / 1024 })); });`;

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-specs-'));
try {
  const specs = unpack('wolfi-os-specs.tar.gz', 'specs');
  const history = unpack('history-updates-before-after.tar.gz', 'history');
  const files = readdirSync(specs).filter((name) => name.endsWith('.yaml')).length;
  const requests = requestsOf(history);
  const row = (what, measured, bounds = {}, count = files) => console.log(line(what, measured, bounds, count));
  console.log(`${files} specs; seconds, CPU-seconds, peak memory and files a second of the command, with its start; in brackets the bound`);

  row('lint, cold', measure(['spec', 'lint', specs]));
  row('lint again', measure(['spec', 'lint', specs]), { seconds: 0.4 });
  writeFileSync(path.join(specs, 'zlib.yaml'), `${readFileSync(path.join(specs, 'zlib.yaml'), 'utf8')}# changed\n`);
  row('lint, one changed', measure(['spec', 'lint', specs]), { seconds: 0.5 });
  row('read, check and graph', measure(['graph', specs, '--arch', 'x86_64', '--edges', 'build', '--json']), {
    cpu: 6,
    seconds: 3.5,
    megabytes: 600,
  });
  row('graph again', measure(['graph', specs, '--arch', 'x86_64', '--edges', 'build', '--json']), { seconds: 0.4 });
  writeFileSync(path.join(specs, 'zlib.yaml'), `${readFileSync(path.join(specs, 'zlib.yaml'), 'utf8')}# changed\n`);
  row('graph, one changed', measure(['graph', specs, '--arch', 'x86_64', '--edges', 'build', '--json']), { seconds: 0.5 });
  row(
    `bump of ${requests.length}`,
    measure(['spec', 'bump', '--stdin'], requests.map((each) => JSON.stringify(each)).join('\n')),
    {},
    requests.length,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function unpack(pack, name) {
  const target = path.join(folder, name);
  mkdirSync(target);
  const done = spawnSync('tar', ['-xzf', path.join(data, pack), '-C', target]);
  if (done.status !== 0) throw new Error(`${pack}: ${done.stderr}`);
  return target;
}

/** The real updates, with the digests that their `after` files have. */
function requestsOf(history) {
  const updates = readFileSync(path.join(data, 'history-updates.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each));
  return updates.map((update) => {
    const name = `${update.package}@${update.commit.slice(0, 12)}.yaml`;
    const values = (key) =>
      [...update.diff_u0.matchAll(new RegExp(`^\\+\\s+expected-${key}:\\s*["']?([0-9a-f]+)`, 'gm'))].map((match) => match[1]);
    const out = path.join(folder, 'bumped.yaml');
    return {
      file: path.join(history, 'before', name),
      to: update.new_version,
      commit: values('commit'),
      sha256: values('sha256'),
      sha512: values('sha512'),
      out,
    };
  });
}

/** Runs the command in a process of its own. */
function measure(args, input) {
  const started = performance.now();
  const done = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`, path.join(root, 'dist/cli/main.js'), ...args],
    { input, env: { ...process.env, MILLRACE_CACHE: path.join(folder, 'cache') }, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] },
  );
  const seconds = (performance.now() - started) / 1000;
  if (done.status === 2) throw new Error(String(done.stderr));
  return { seconds, ...JSON.parse(String(done.output[3])) };
}

function line(what, { seconds, cpu, megabytes }, bounds, count) {
  const figure = (value, digits, unit, bound) => `${value.toFixed(digits)} ${unit}${bound === undefined ? '' : ` [${bound}]`}`.padEnd(18);
  return [
    what.padEnd(24),
    figure(seconds, 2, 's', bounds.seconds),
    figure(cpu, 2, 'CPU-s', bounds.cpu),
    figure(megabytes, 0, 'MB', bounds.megabytes),
    `${Math.round(count / seconds)} files/s`,
  ].join('  ');
}
