/** Where the specs lie in their repository: `''` is its top. */
const below = (directory: string) => (directory === '' || directory === '.' ? '' : `${directory.replace(/\/+$/, '')}/`);

/** Names that can stand in a path, a branch and an apk: letters, digits and `+ - . _`, not starting with a sign (facts: apk package names). */
const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;

export function isPackageName(name: string): boolean {
  return PACKAGE_NAME.test(name) && !name.includes('..');
}

/** Path of a package's spec in the spec repository. */
export function specPath(directory: string, name: string): string {
  return `${below(directory)}${name}.yaml`;
}

/** Path of the folder with a package's own files (patches …), without a trailing slash. */
export function packageFolder(directory: string, name: string): string {
  return `${below(directory)}${name}`;
}

/** Whether a path of the spec repository is the package's spec or lies in its folder. */
export function belongsTo(path: string, directory: string, name: string): boolean {
  return path === specPath(directory, name) || path.startsWith(`${packageFolder(directory, name)}/`);
}

/** Names of the packages whose specs are among the paths of a spec repository, sorted. */
export function packagesAmong(paths: readonly string[], directory: string): readonly string[] {
  const prefix = below(directory);
  const names = paths.flatMap((path) => {
    if (!path.startsWith(prefix) || !path.endsWith('.yaml')) return [];
    const name = path.slice(prefix.length, -'.yaml'.length);
    return isPackageName(name) ? [name] : [];
  });
  return [...new Set(names)].sort();
}

/** Names of the packages that changed paths belong to, sorted: what a push to the spec repository is a hint for. A removed spec counts. */
export function changedPackages(files: readonly string[], directory: string): readonly string[] {
  const prefix = below(directory);
  const names = files.flatMap((file) => {
    if (!file.startsWith(prefix)) return [];
    const [first = '', ...rest] = file.slice(prefix.length).split('/');
    if (rest.length === 0 && !first.endsWith('.yaml')) return [];
    const name = rest.length === 0 ? first.slice(0, -'.yaml'.length) : first;
    return isPackageName(name) ? [name] : [];
  });
  return [...new Set(names)].sort();
}

/** Whether a relative path stays where it is joined: no root, no `..`, no empty part, no control character, nothing in `.git`. */
export function isSafePath(path: string): boolean {
  if (path === '' || path.length > 1024 || /[\0-\x1f\x7f\\]/.test(path)) return false;
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !part.startsWith('-') && part.toLowerCase() !== '.git');
}
