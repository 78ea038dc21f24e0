/** Where things lie below the folder of a repository; one function, so that no two places spell a path. */
export function repositoryPaths(root: string) {
  return {
    objects: `${root}/objects`,
    generations: `${root}/generations`,
    /** Symbolic link to the generation that the world sees. */
    current: `${root}/current`,
    staging: `${root}/staging`,
    object: (architecture: string, file: string) => `${root}/objects/${architecture}/${file}`,
    generation: (number: number) => `${root}/generations/${number}`,
    index: (number: number, architecture: string) => `${root}/generations/${number}/${architecture}/${INDEX}`,
    manifest: (number: number) => `${root}/generations/${number}/${MANIFEST}`,
  } as const;
}

export const INDEX = 'APKINDEX.tar.gz';
export const MANIFEST = 'manifest.json';
/** The secdb feed in a generation. */
export const SECDB = 'security.json';
/** Folder of the OSV feed in a generation. */
export const OSV = 'osv';

/** A reader that entered a generation, such as a long build, still finds its packages while this many newer ones are published. */
export const GENERATIONS_WITH_LINKS = 50;
