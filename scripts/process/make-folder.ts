// The source rather than the package: scripts run before the packages are built.
export { makeFolder } from '../../packages/errors/src/make-folder.ts';
