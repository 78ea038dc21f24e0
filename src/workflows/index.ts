/** The workflow types of Millrace; the bundle is made from this file. */
export { packageEntity } from './package-entity';
export { release } from './release';
export { repository } from './repository';
export { watch } from './watch';
