import { existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSharedFolder } from '../../tools/shared-folder.cjs';
import { emptyFolder } from './programs';

describe('a shared folder', () => {
  it('is made once by all who want it at the same time, and is whole', async () => {
    const folder = join(emptyFolder(), 'thing');
    let made = 0;
    const make = async (partial: string) => {
      made += 1;
      expect(existsSync(folder)).toBe(false);
      writeFileSync(join(partial, 'part'), 'whole');
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const answers = await Promise.all([1, 2, 3].map(() => makeSharedFolder(folder, make)));
    expect(made).toBe(1);
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(join(folder, 'part'), 'utf8')).toBe('whole');
  });

  it('leaves nothing behind when the work fails, and can be tried again', async () => {
    const parent = emptyFolder();
    const folder = join(parent, 'thing');
    await expect(makeSharedFolder(folder, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
    expect(readdirSync(parent)).toEqual([]);
    expect(await makeSharedFolder(folder, async () => undefined)).toBe(true);
  });

  it('takes over the lock of a holder that is gone', async () => {
    const parent = emptyFolder();
    const lock = join(parent, '.thing.lock');
    writeFileSync(lock, '');
    utimesSync(lock, new Date(), new Date(Date.now() - 3_600_000));
    expect(await makeSharedFolder(join(parent, 'thing'), async () => undefined)).toBe(true);
  });

  it('names the remedy for a full disk', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    await expect(makeSharedFolder(join(emptyFolder(), 'thing'), () => Promise.reject(full))).rejects.toThrow(
      'set MILLRACE_CACHE to another folder',
    );
  });
});
