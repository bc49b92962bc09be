import type { Logger } from '@sluice/telemetry';
import type { NodeCertificates } from './messages.ts';

/** How the workers of a node are started. */
export interface FleetOptions {
  readonly size: number;
  /** The program file of a worker. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  /** A second port, for TLS. */
  readonly tlsPort?: number | undefined;
  readonly certificates?: NodeCertificates | undefined;
  readonly logger: Logger;
}
