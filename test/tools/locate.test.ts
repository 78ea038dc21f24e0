import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fits, locateProgram, programFolder, toolPath } from '../../tools/locate.cjs';
import { emptyFolder, makeProgram } from './programs';

describe('the folder of the cache', () => {
  it.each([
    [{ MILLRACE_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
    [{ XDG_CACHE_HOME: '/b' }, '/b/millrace'],
  ])('%j is %s', (env, folder) => {
    expect(cacheFolder(env)).toBe(folder);
  });
});

describe('a version fits', () => {
  it.each([
    ['1.8.0', true],
    ['1.8.2', true],
    ['1.10.0', true],
    ['1.7.9', false],
    ['2.0.0', false],
  ])('%s from 1.8.0 and below 2: %s', (version, fitting) => {
    expect(fits(version, { atLeast: '1.8.0', below: '2' })).toBe(fitting);
  });
});

describe('where a program is taken from', () => {
  const machine = (onPath?: string, cached = false) => {
    const env = { MILLRACE_CACHE: emptyFolder(), PATH: emptyFolder() };
    if (onPath) makeProgram(env.PATH, 'melange', `echo "${onPath}"`);
    if (cached) makeProgram(programFolder('melange', '0.59.1', env), 'melange', 'echo "GitVersion: v0.59.1"');
    return env;
  };

  it.each([
    ['GitVersion:    v0.59.1', true, 'path'],
    ['GitVersion:    v0.59.7', false, 'path'],
    ['GitVersion:    v0.60.0', true, 'cache'],
    ['GitVersion:    v0.50.0', false, 'missing'],
    ['GitVersion:    v0.59.1-dirty', false, 'missing'],
    ['no version at all', true, 'cache'],
    [undefined, true, 'cache'],
    [undefined, false, 'missing'],
  ])('PATH says %j, cached %s: %s', (onPath, cached, from) => {
    expect(locateProgram('melange', machine(onPath, cached)).from).toBe(from);
  });

  it('names what stands on PATH and does not fit', () => {
    const env = machine('v0.50.0');
    expect(locateProgram('melange', env).rejected).toEqual({ file: join(env.PATH, 'melange'), version: '0.50.0' });
  });

  it('does not run a program of the cache that an outer command put on PATH already', () => {
    const env = machine(undefined, true);
    const folder = programFolder('melange', '0.59.1', env);
    makeProgram(folder, 'melange', 'touch "$0.ran"');
    expect(locateProgram('melange', { ...env, PATH: `${folder}:${env.PATH}` })).toMatchObject({ from: 'cache', folder });
    expect(existsSync(join(folder, 'melange.ran'))).toBe(false);
  });
});

describe('the PATH of the command', () => {
  it('has the cached programs in front, once', () => {
    const env = { MILLRACE_CACHE: emptyFolder(), PATH: emptyFolder() };
    const folder = programFolder('apko', '1.2.37', env);
    makeProgram(folder, 'apko', 'true');
    const path = toolPath(env);
    expect(path).toBe(`${folder}:${env.PATH}`);
    expect(toolPath({ ...env, PATH: path })).toBe(path);
  });

  it('leaves a fitting program of PATH before the cached one', () => {
    const env = { MILLRACE_CACHE: emptyFolder(), PATH: emptyFolder() };
    makeProgram(programFolder('apko', '1.2.37', env), 'apko', 'true');
    makeProgram(env.PATH, 'apko', 'echo v1.2.39');
    expect(toolPath(env)).toBe(env.PATH);
  });
});
