export { Cidr, TargetAddress, isCidr, parseTargetAddress } from './address.ts';
export type { HostPort } from './address.ts';
export { HeaderName, HeaderValue, Method } from './header.ts';
export { HostPattern } from './host-pattern.ts';
export { Instant } from './instant.ts';
export { Id, Name, Reference, Tag, Tags, isId } from './name.ts';
