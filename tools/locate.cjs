'use strict';
// Plain JavaScript, without dependencies: set-up runs it before npm has installed anything, and bin/millrace.js before the build.
const { spawnSync } = require('node:child_process');
const { accessSync, constants, existsSync, statSync } = require('node:fs');
const { homedir } = require('node:os');
const { delimiter, isAbsolute, join, resolve } = require('node:path');
const versions = require('./versions.json');

/** The one folder per user in which checkouts share tools, the bootstrap repository and upstream releases. */
function cacheFolder(env = process.env) {
  if (env.MILLRACE_CACHE) return resolve(env.MILLRACE_CACHE);
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'millrace');
  return join(homedir(), '.cache', 'millrace');
}

/** The folder of one version of one program in the cache, for this platform: homes are shared between machines. */
function programFolder(name, version, env = process.env) {
  return join(cacheFolder(env), 'tools', `${name}-${version}-${process.platform}-${process.arch}`);
}

/** The first executable file of that name on PATH; a whole path stands for itself. */
function onPath(name, env = process.env) {
  if (isAbsolute(name)) return isExecutable(name) ? name : undefined;
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (!folder) continue;
    const file = join(folder, name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** -1, 0 or 1 for dotted numbers; missing components count as 0. */
function compareVersions(a, b) {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

function fits(version, range) {
  return compareVersions(version, range.atLeast) >= 0 && compareVersions(version, range.below) < 0;
}

/** The version that a program says it has; a pre-release or a development build has none that counts. */
function probe(file, args) {
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
  const found = /\bv?(\d+\.\d+\.\d+)(-[A-Za-z0-9.]+)?/.exec(`${stdout ?? ''}\n${stderr ?? ''}`);
  return found && !found[2] ? found[1] : undefined;
}

/**
 * Where a program of versions.json is taken from: PATH if its version fits, else the cache.
 * `rejected` is what stands on PATH and does not fit.
 */
function locateProgram(name, env = process.env) {
  const program = versions.programs[name];
  const folder = programFolder(name, program.version, env);
  const cached = join(folder, name);
  const found = onPath(name, env);
  if (found === cached) return { name, from: 'cache', file: cached, folder, version: program.version };
  const version = found && probe(found, program.probe);
  if (version && fits(version, program.fits)) return { name, from: 'path', file: found, version };
  const rejected = found ? { file: found, version: version ?? 'unknown' } : undefined;
  if (existsSync(cached)) return { name, from: 'cache', file: cached, folder, version: program.version, ...(rejected && { rejected }) };
  return { name, from: 'missing', ...(rejected && { rejected }) };
}

/** Where the time-skipping test server is: only ever the cache. */
function locateTestServer(env = process.env) {
  const { name, version } = versions.testServer;
  const folder = programFolder(name, version, env);
  const file = join(folder, name);
  return existsSync(file) ? { name, from: 'cache', file, folder, version } : { name, from: 'missing' };
}

/** `env.PATH` with the folders of cached programs in front, so that `melange`, `apko` and `temporal` are found by name. */
function toolPath(env = process.env) {
  const located = [...Object.keys(versions.programs).map((name) => locateProgram(name, env)), locateTestServer(env)];
  const path = (env.PATH ?? '').split(delimiter);
  const folders = located.filter(({ from, folder }) => from === 'cache' && !path.includes(folder)).map(({ folder }) => folder);
  return [...folders, ...path].join(delimiter);
}

module.exports = { versions, cacheFolder, programFolder, onPath, locateProgram, locateTestServer, toolPath, fits };
