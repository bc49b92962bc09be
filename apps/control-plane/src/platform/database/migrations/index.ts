import { CredentialUsage1764600000000 } from './1764600000000-credential-usage.ts';
import { EncryptionKey1764500000000 } from './1764500000000-encryption-key.ts';
import { InitialSchema1763900000000 } from './1763900000000-initial-schema.ts';
import { NodeProcesses1764200000000 } from './1764200000000-node-processes.ts';
import { RevisionTraceparent1764400000000 } from './1764400000000-revision-traceparent.ts';
import { NodeCapabilities1764450000000 } from './1764450000000-node-capabilities.ts';
import { ControlPlanes1764460000000 } from './1764460000000-control-planes.ts';
import { Credentials1764470000000 } from './1764470000000-credentials.ts';

/** All migrations, oldest first. A released migration must never be edited. */
export const migrations = [
  InitialSchema1763900000000,
  NodeProcesses1764200000000,
  RevisionTraceparent1764400000000,
  NodeCapabilities1764450000000,
  ControlPlanes1764460000000,
  Credentials1764470000000,
  EncryptionKey1764500000000,
  CredentialUsage1764600000000,
];
