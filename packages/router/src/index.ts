export { canLieBelow, configuredPathFaults, namesInPath } from './configured-path.ts';
export { parsePathPattern } from './path-pattern.ts';
export type { PathKind, PathPattern } from './path-pattern.ts';
export { checkRegex } from './regex-safety.ts';
export { InvalidRouteError } from './route.ts';
export type {
  CandidateVerdict,
  MatchRequest,
  NoMatch,
  RouteMatch,
  RouteSpec,
  UnmetCondition,
} from './route.ts';
export { Router } from './router.ts';
