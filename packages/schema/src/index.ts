export { Cidr, TargetAddress, isCidr, parseTargetAddress } from './address.ts';
export type { HostPort } from './address.ts';
export { clientNetwork, formatIpAddress, parseIpAddress } from './ip-address.ts';
export type { IpAddress } from './ip-address.ts';
export { IpNetworkList } from './ip-network-list.ts';
export { HeaderName, HeaderValue, Method } from './header.ts';
export { HostPattern } from './host-pattern.ts';
export { Instant } from './instant.ts';
export { Id, Name, Reference, Tag, Tags, isId } from './name.ts';
