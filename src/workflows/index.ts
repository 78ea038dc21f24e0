/** The workflow types of Millrace; the bundle is made from this file. */
export { floor } from './floor';
export { imageEntity } from './image-entity';
export { imageRelease } from './image-release';
export { imageTest } from './image-test';
export { packageEntity } from './package-entity';
export { release } from './release';
export { repository } from './repository';
export { watch } from './watch';
