// The source rather than the package: scripts run before the packages are built.
export { describeFailure, SetupError } from '../../packages/errors/src/setup-error.ts';
