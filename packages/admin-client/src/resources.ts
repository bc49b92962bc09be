/** Properties that the control plane adds to every resource. */
export interface Stored {
  readonly id: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface PolicyAttachmentInput {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly mode?: 'enforce' | 'shadow';
  readonly onError?: 'open' | 'closed';
}

export type PolicyAttachment = PolicyAttachmentInput &
  Required<Pick<PolicyAttachmentInput, 'config' | 'mode'>>;

interface Tagged {
  readonly tags?: string[];
}

interface Governed extends Tagged {
  readonly policies?: PolicyAttachmentInput[];
}

export interface GatewayInput extends Governed {
  readonly name: string;
  readonly trustedProxies?: string[];
  readonly limits?: {
    readonly maxBodyBytes?: number;
    readonly halfClosedClients?: 'cancel' | 'serve';
  };
}

export interface ServiceInput extends Governed {
  readonly name: string;
  readonly protocol?: 'http' | 'https' | 'h2c' | 'h2';
  readonly targets: { readonly address: string; readonly weight?: number }[];
  readonly basePath?: string;
  readonly timeouts?: {
    readonly connectMs?: number;
    readonly firstByteMs?: number;
    readonly idleMs?: number;
    readonly totalMs?: number;
  };
  readonly retries?: { readonly attempts?: number };
  readonly limits?: { readonly maxBodyBytes?: number };
  readonly health?: {
    readonly failures?: number;
    readonly ejectMs?: number;
    readonly failureStatuses?: readonly number[];
  };
  readonly connections?: { readonly max?: number; readonly queue?: number };
  readonly tls?: {
    readonly verify?: boolean;
    readonly serverName?: string;
    readonly clientCertificate?: string;
    readonly caCertificates?: string;
  };
  readonly quotas?: string[];
}

export interface RouteInput extends Governed {
  readonly name: string;
  readonly gateways?: string[];
  readonly hosts?: string[];
  readonly paths?: string[];
  readonly methods?: ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS')[];
  readonly headers?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly service?: string;
  readonly split?: { readonly service: string; readonly weight: number }[];
  readonly encodedSlashes?: 'refuse' | 'keep';
  readonly rewrite?: {
    readonly stripPrefix?: string;
    readonly path?: string;
    readonly host?: string;
  };
  readonly priority?: number;
  readonly limits?: { readonly maxBodyBytes?: number };
  readonly quotas?: string[];
}

export interface ConsumerInput extends Governed {
  readonly username: string;
  readonly customId?: string;
  readonly groups?: string[];
  readonly quotas?: string[];
}

export interface GroupInput extends Governed {
  readonly name: string;
  readonly quotas?: string[];
}

export interface QuotaInput extends Tagged {
  readonly name: string;
  readonly limits: {
    readonly requests: number;
    readonly per: 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';
    readonly burst?: number;
  }[];
}

export interface KeyInput extends Tagged {
  readonly name: string;
  /** A key of your own; otherwise a random one is generated. */
  readonly key?: string;
  readonly expiresAt?: string;
}

export interface TokenInput {
  readonly name: string;
  readonly role: 'admin' | 'editor' | 'viewer';
  readonly expiresAt?: string;
}

/** Properties with a default are always present in responses. */
type Filled<Input, Optional extends keyof Input = never> = Required<
  Omit<Input, Optional | 'policies'>
> &
  Pick<Input, Optional> &
  Stored &
  PoliciesOf<Input>;
type PoliciesOf<Input> = 'policies' extends keyof Input
  ? { readonly policies: PolicyAttachment[] }
  : object;

export type Gateway = Filled<GatewayInput>;
export type Service = Filled<ServiceInput>;
export type Route = Filled<RouteInput, 'service' | 'split'>;
export type Consumer = Filled<ConsumerInput, 'customId'>;
export type Group = Filled<GroupInput>;
export type Quota = Filled<QuotaInput>;
export type Key = Filled<Omit<KeyInput, 'key'>, 'expiresAt'> & {
  readonly consumer: string;
  readonly prefix: string;
};
/** The response to a creation, which alone contains the secret. */
export type CreatedKey = Key & { readonly key: string };
export type Token = TokenInput & {
  readonly id: string;
  readonly createdAt: string;
  readonly lastUsedAt?: string;
};
export type CreatedToken = Token & { readonly token: string };
