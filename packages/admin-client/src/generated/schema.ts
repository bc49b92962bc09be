// Generated from docs/reference/openapi.json by `npm run generate`. Do not edit it.

export interface paths {
    readonly "/v1/cas": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List cas by name */
        readonly get: operations["cas.list"];
        readonly put?: never;
        /** Create a ca */
        readonly post: operations["cas.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/cas/{ca}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a ca */
        readonly get: operations["cas.get"];
        /**
         * Create or replace a ca
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["cas.put"];
        readonly post?: never;
        /** Delete a ca */
        readonly delete: operations["cas.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a ca
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["cas.patch"];
        readonly trace?: never;
    };
    readonly "/v1/gateways": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List gateways by name */
        readonly get: operations["gateways.list"];
        readonly put?: never;
        /** Create a gateway */
        readonly post: operations["gateways.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gateways/{gateway}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a gateway */
        readonly get: operations["gateways.get"];
        /**
         * Create or replace a gateway
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["gateways.put"];
        readonly post?: never;
        /** Delete a gateway */
        readonly delete: operations["gateways.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a gateway
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["gateways.patch"];
        readonly trace?: never;
    };
    readonly "/v1/quotas": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List quotas by name */
        readonly get: operations["quotas.list"];
        readonly put?: never;
        /** Create a quota */
        readonly post: operations["quotas.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/quotas/{quota}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a quota */
        readonly get: operations["quotas.get"];
        /**
         * Create or replace a quota
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["quotas.put"];
        readonly post?: never;
        /** Delete a quota */
        readonly delete: operations["quotas.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a quota
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["quotas.patch"];
        readonly trace?: never;
    };
    readonly "/v1/groups": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List groups by name */
        readonly get: operations["groups.list"];
        readonly put?: never;
        /** Create a group */
        readonly post: operations["groups.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/groups/{group}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a group */
        readonly get: operations["groups.get"];
        /**
         * Create or replace a group
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["groups.put"];
        readonly post?: never;
        /** Delete a group */
        readonly delete: operations["groups.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a group
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["groups.patch"];
        readonly trace?: never;
    };
    readonly "/v1/certificates": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List certificates by name */
        readonly get: operations["certificates.list"];
        readonly put?: never;
        /** Create a certificate */
        readonly post: operations["certificates.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/certificates/{certificate}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a certificate */
        readonly get: operations["certificates.get"];
        /**
         * Create or replace a certificate
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["certificates.put"];
        readonly post?: never;
        /** Delete a certificate */
        readonly delete: operations["certificates.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a certificate
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["certificates.patch"];
        readonly trace?: never;
    };
    readonly "/v1/gateways/{gateway}/signingKeys": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List signingKeys by name */
        readonly get: operations["signingKeys.list"];
        readonly put?: never;
        /** Create a signingKey */
        readonly post: operations["signingKeys.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/gateways/{gateway}/signingKeys/{signingKey}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a signingKey */
        readonly get: operations["signingKeys.get"];
        readonly put?: never;
        readonly post?: never;
        /** Delete a signingKey */
        readonly delete: operations["signingKeys.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a signingKey
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["signingKeys.patch"];
        readonly trace?: never;
    };
    readonly "/v1/services": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List services by name */
        readonly get: operations["services.list"];
        readonly put?: never;
        /** Create a service */
        readonly post: operations["services.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/services/{service}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a service */
        readonly get: operations["services.get"];
        /**
         * Create or replace a service
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["services.put"];
        readonly post?: never;
        /** Delete a service */
        readonly delete: operations["services.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a service
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["services.patch"];
        readonly trace?: never;
    };
    readonly "/v1/routes": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List routes by name */
        readonly get: operations["routes.list"];
        readonly put?: never;
        /** Create a route */
        readonly post: operations["routes.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/routes/{route}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a route */
        readonly get: operations["routes.get"];
        /**
         * Create or replace a route
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["routes.put"];
        readonly post?: never;
        /** Delete a route */
        readonly delete: operations["routes.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a route
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["routes.patch"];
        readonly trace?: never;
    };
    readonly "/v1/consumers": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List consumers by name */
        readonly get: operations["consumers.list"];
        readonly put?: never;
        /** Create a consumer */
        readonly post: operations["consumers.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/consumers/{consumer}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a consumer */
        readonly get: operations["consumers.get"];
        /**
         * Create or replace a consumer
         * @description Creates the resource under the name in the path, or replaces it as a whole. The content may omit the name. A resource may be sent back as it was read: id, createdAt and updatedAt are accepted when they equal the stored values.
         */
        readonly put: operations["consumers.put"];
        readonly post?: never;
        /** Delete a consumer */
        readonly delete: operations["consumers.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a consumer
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["consumers.patch"];
        readonly trace?: never;
    };
    readonly "/v1/consumers/{consumer}/credentials": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List credentials by name */
        readonly get: operations["credentials.list"];
        readonly put?: never;
        /** Create a credential */
        readonly post: operations["credentials.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/consumers/{consumer}/credentials/{credential}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a credential */
        readonly get: operations["credentials.get"];
        readonly put?: never;
        readonly post?: never;
        /** Revoke a credential */
        readonly delete: operations["credentials.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a credential
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["credentials.patch"];
        readonly trace?: never;
    };
    readonly "/v1/credentials": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the credentials of all consumers, in the order of their ids */
        readonly get: operations["allCredentials.list"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/consumers/{consumer}/keys": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List keys by name */
        readonly get: operations["keys.list"];
        readonly put?: never;
        /** Create a key */
        readonly post: operations["keys.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/consumers/{consumer}/keys/{key}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a key */
        readonly get: operations["keys.get"];
        readonly put?: never;
        readonly post?: never;
        /** Revoke a key */
        readonly delete: operations["keys.delete"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a key
         * @description Applies a JSON merge patch (RFC 7396): null removes a property, and lists are replaced.
         */
        readonly patch: operations["keys.patch"];
        readonly trace?: never;
    };
    readonly "/v1/services/{service}/routes": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List routes by name */
        readonly get: operations["serviceRoutes.list"];
        readonly put?: never;
        /** Create a route */
        readonly post: operations["serviceRoutes.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/routes/{route}/effective": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read the policies that run for a route, and the resource that each is attached to */
        readonly get: operations["routes.effective"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/policies": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List policies */
        readonly get: operations["policies.list"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/policies/{policy}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a policy */
        readonly get: operations["policies.get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/nodes": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List nodes */
        readonly get: operations["nodes.list"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/nodes/{node}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a node */
        readonly get: operations["nodes.get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/revisions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List revisions */
        readonly get: operations["revisions.list"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/revisions/{revision}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a revision */
        readonly get: operations["revisions.get"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/revisions/{revision}/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read which nodes have applied a revision */
        readonly get: operations["revisions.status"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tokens": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List tokens by name */
        readonly get: operations["tokens.list"];
        readonly put?: never;
        /** Create a token */
        readonly post: operations["tokens.create"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tokens/{token}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read a token */
        readonly get: operations["tokens.get"];
        readonly put?: never;
        readonly post?: never;
        /** Revoke a token */
        readonly delete: operations["tokens.delete"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/livez": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Check whether the process runs */
        readonly get: operations["health.live"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/readyz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Check whether the database answers */
        readonly get: operations["health.ready"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly CaInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description PEM: the trusted CA certificates, 48 KiB at most. List only those that are needed. */
            readonly certificates: string;
            /** @description PEM: certificate revocation lists (blocks X509 CRL), 256 KiB at most, each signed by one of the certificates. Gateways refuse the certificates of clients that are listed, also on open connections. A list that has expired still applies. */
            readonly crls?: string;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Ca: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description PEM: the trusted CA certificates, 48 KiB at most. List only those that are needed. */
            readonly certificates: string;
            /** @description PEM: certificate revocation lists (blocks X509 CRL), 256 KiB at most, each signed by one of the certificates. Gateways refuse the certificates of clients that are listed, also on open connections. A list that has expired still applies. */
            readonly crls?: string;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** @description The subject of each certificate. */
            readonly subjects?: readonly string[];
            /** @description The instant at which the first of them expires. */
            readonly notAfter?: string;
            /** @description The instant until which the first of the revocation lists is to be replaced. */
            readonly crlsNextUpdate?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly GatewayInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description Proxies whose X-Forwarded-For is trusted. Empty: the address of the connection is the client address.
             * @default []
             */
            readonly trustedProxies?: readonly string[];
            /**
             * @description Limits of the requests that the gateway accepts.
             * @default {}
             */
            readonly limits?: {
                /**
                 * @description Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. Services and routes may set their own.
                 * @default 10485760
                 */
                readonly maxBodyBytes?: number;
                /**
                 * @description How to treat a request whose client ends its side of an HTTP/1 connection (FIN, close_notify) before it has received its response. cancel: the upstream call is cancelled and the connection closed, logged as 499. serve: the client still gets its response.
                 * @default cancel
                 * @enum {string}
                 */
                readonly halfClosedClients?: "cancel" | "serve";
            };
            /** @description Whether clients are asked for a certificate on TLS connections. */
            readonly clientCertificates?: {
                /**
                 * @description off: clients are not asked for a certificate. request: they are asked, and one that is sent must be valid. require: they must send a valid one.
                 * @enum {string}
                 */
                readonly mode: "off" | "request" | "require";
                /**
                 * @description CAs, one of which must have issued the certificates of clients.
                 * @default []
                 */
                readonly cas?: readonly string[];
            };
            /**
             * @description Policies, in the order in which they run within a phase.
             * @default []
             */
            readonly policies?: readonly components["schemas"]["PolicyAttachment"][];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Gateway: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Proxies whose X-Forwarded-For is trusted. Empty: the address of the connection is the client address. */
            readonly trustedProxies: readonly string[];
            /** @description Limits of the requests that the gateway accepts. */
            readonly limits: {
                /** @description Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. Services and routes may set their own. */
                readonly maxBodyBytes: number;
                /**
                 * @description How to treat a request whose client ends its side of an HTTP/1 connection (FIN, close_notify) before it has received its response. cancel: the upstream call is cancelled and the connection closed, logged as 499. serve: the client still gets its response.
                 * @enum {string}
                 */
                readonly halfClosedClients: "cancel" | "serve";
            };
            /** @description Whether clients are asked for a certificate on TLS connections. */
            readonly clientCertificates?: {
                /**
                 * @description off: clients are not asked for a certificate. request: they are asked, and one that is sent must be valid. require: they must send a valid one.
                 * @enum {string}
                 */
                readonly mode: "off" | "request" | "require";
                /** @description CAs, one of which must have issued the certificates of clients. */
                readonly cas: readonly string[];
            };
            /** @description Policies, in the order in which they run within a phase. */
            readonly policies: readonly components["schemas"]["PolicyAttachment"][];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly QuotaInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Limits that all apply at the same time. */
            readonly limits: readonly {
                /** @description Number of requests that the limit admits per period. */
                readonly requests: number;
                /**
                 * @description The period. Without a burst it is a calendar window in UTC.
                 * @enum {string}
                 */
                readonly per: "second" | "minute" | "hour" | "day" | "month" | "year";
                /** @description Makes the limit a token bucket of this capacity, refilled evenly. Only for periods up to an hour. */
                readonly burst?: number;
            }[];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Quota: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Limits that all apply at the same time. */
            readonly limits: readonly {
                /** @description Number of requests that the limit admits per period. */
                readonly requests: number;
                /**
                 * @description The period. Without a burst it is a calendar window in UTC.
                 * @enum {string}
                 */
                readonly per: "second" | "minute" | "hour" | "day" | "month" | "year";
                /** @description Makes the limit a token bucket of this capacity, refilled evenly. Only for periods up to an hour. */
                readonly burst?: number;
            }[];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly GroupInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description Quotas of every consumer of the group, counted for each consumer separately.
             * @default []
             */
            readonly quotas?: readonly string[];
            /**
             * @description Policies, in the order in which they run within a phase.
             * @default []
             */
            readonly policies?: readonly components["schemas"]["PolicyAttachment"][];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Group: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Quotas of every consumer of the group, counted for each consumer separately. */
            readonly quotas: readonly string[];
            /** @description Policies, in the order in which they run within a phase. */
            readonly policies: readonly components["schemas"]["PolicyAttachment"][];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly CertificateInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description PEM: the certificate, then the intermediate certificates that lead to its root, 48 KiB at most. */
            readonly certificate: string;
            /** @description PEM: the private key, not encrypted. RSA of 2048 bits or more, or an elliptic curve: P-256, P-384, P-521, Ed25519. It is stored encrypted and never shown; without it a write keeps the stored one. */
            readonly key: string;
            /**
             * @description Gateways that present the certificate. Without it: the gateway `default`. Empty: services alone refer to it.
             * @default [
             *       "default"
             *     ]
             */
            readonly gateways?: readonly string[];
            /** @description Names in SNI for which it is presented; the certificate must be valid for them. The default is every DNS name of the certificate. */
            readonly serverNames?: readonly string[];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Certificate: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description PEM: the certificate, then the intermediate certificates that lead to its root, 48 KiB at most. */
            readonly certificate: string;
            /** @description Gateways that present the certificate. Without it: the gateway `default`. Empty: services alone refer to it. */
            readonly gateways: readonly string[];
            /** @description Names in SNI for which it is presented; the certificate must be valid for them. The default is every DNS name of the certificate. */
            readonly serverNames?: readonly string[];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** @description The instant from which the certificate is valid. */
            readonly notBefore?: string;
            /** @description The instant at which it expires. */
            readonly notAfter?: string;
            /** @description The DNS names and IP addresses of the certificate. */
            readonly names?: readonly string[];
            /** @description SHA-256 of the certificate in DER, lower-case hex. */
            readonly fingerprint?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly SigningKeyInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description What the key is for; it cannot be changed.
             * @enum {string}
             */
            readonly use: "identity" | "session";
            /**
             * Format: date-time
             * @description RFC 3339 instant from which nodes use the key. The default is ten minutes later, so that upstreams have read the public key by then.
             */
            readonly activeAt?: string;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly SigningKey: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly gateway: string;
            /**
             * @description identity: signs the identity of callers for upstreams (ES256). session: encrypts session cookies (A256GCM).
             * @enum {string}
             */
            readonly use: "identity" | "session";
            /** @description PEM of the public key; identity only. Nodes serve it as JWK with the id as `kid`. */
            readonly publicKey?: string;
            /**
             * Format: date-time
             * @description RFC 3339 instant from which nodes use the key. Until then it is only published and accepted. Of the keys that are active, nodes use the one with the latest instant.
             */
            readonly activeAt?: string;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly ServiceInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description The protocol of the targets: HTTP/1.1 (http), HTTP/1.1 over TLS (https), HTTP/2 (h2c) or HTTP/2 over TLS (h2).
             * @default http
             * @enum {string}
             */
            readonly protocol?: "http" | "https" | "h2c" | "h2";
            /** @description Addresses among which requests are balanced. */
            readonly targets: readonly {
                /** @description host:port, with IPv6 addresses in brackets. */
                readonly address: string;
                /**
                 * @description Share of the traffic, relative to the other targets; with 0 it receives no requests.
                 * @default 100
                 */
                readonly weight?: number;
            }[];
            /**
             * @description Prefix of every path sent upstream, in normal form. A trailing slash has no effect.
             * @default /
             */
            readonly basePath?: string;
            /**
             * @description Time limits, in milliseconds.
             * @default {}
             */
            readonly timeouts?: {
                /**
                 * @description To connect to a target.
                 * @default 3000
                 */
                readonly connectMs?: number;
                /**
                 * @description From the request being sent to the first byte of the response.
                 * @default 30000
                 */
                readonly firstByteMs?: number;
                /**
                 * @description Without a byte in either direction while content is in flight, and in a WebSocket once it is open.
                 * @default 60000
                 */
                readonly idleMs?: number;
                /**
                 * @description For the whole exchange with the upstream; streams may raise it. It does not count once a WebSocket is open.
                 * @default 60000
                 */
                readonly totalMs?: number;
            };
            /** @default {} */
            readonly retries?: {
                /**
                 * @description Retries on other targets, when a request was not sent or is idempotent.
                 * @default 1
                 */
                readonly attempts?: number;
            };
            /**
             * @description Passive health checks: the node observes real traffic.
             * @default {}
             */
            readonly health?: {
                /**
                 * @description Consecutive failures after which a target is ejected.
                 * @default 3
                 */
                readonly failures?: number;
                /**
                 * @description Milliseconds for which a target stays ejected, before a request with a safe method tries it again.
                 * @default 5000
                 */
                readonly ejectMs?: number;
                /**
                 * @description Status codes that count as failures, besides resets and time-outs. Another 5xx counts neither as a failure nor as a success.
                 * @default [
                 *       502,
                 *       503,
                 *       504
                 *     ]
                 */
                readonly failureStatuses?: readonly number[];
            };
            /**
             * @description TLS settings, for the protocols https and h2.
             * @default {}
             */
            readonly tls?: {
                /**
                 * @description Verify the certificate of the target.
                 * @default true
                 */
                readonly verify?: boolean;
                /** @description DNS name that is sent as SNI and verified. The default is the host of the target. */
                readonly serverName?: string;
                /** @description Name of the certificate that is presented to targets that request one. Nodes read it from files, <name>.crt and <name>.key in the folder of SLUICE_CLIENT_CERT_DIR: the control plane never stores or streams the private key. A node without the files quarantines the service. */
                readonly clientCertificate?: string;
                /** @description PEM certificates that are trusted in place of those of the system, 48 KiB at most: list only those that sign the targets, not a bundle. */
                readonly caCertificates?: string;
                /** @description The certificate that is presented to targets that request one, in place of clientCertificate. */
                readonly certificate?: string;
                /** @description CAs that are trusted in place of those of the system, and of caCertificates. */
                readonly cas?: readonly string[];
            };
            /**
             * @description Connections of a node to each target, per process. One consumer or client address may use at most half of them, and so may all requests whose content is still arriving.
             * @default {}
             */
            readonly connections?: {
                /**
                 * @description Largest number of open connections to one target; with HTTP/2, where one connection carries many requests, at most 16.
                 * @default 1024
                 */
                readonly max?: number;
                /**
                 * @description Largest number of requests that wait for a connection, each no longer than connectMs.
                 * @default 1024
                 */
                readonly queue?: number;
            };
            /**
             * @description Limits of requests, in place of those of the gateway.
             * @default {}
             */
            readonly limits?: {
                /** @description Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. The limit of the route takes precedence over that of the service, which takes precedence over that of the gateway. */
                readonly maxBodyBytes?: number;
            };
            /**
             * @description Policies, in the order in which they run within a phase.
             * @default []
             */
            readonly policies?: readonly components["schemas"]["PolicyAttachment"][];
            /**
             * @description Quotas counted over all requests of the service.
             * @default []
             */
            readonly quotas?: readonly string[];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Service: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description The protocol of the targets: HTTP/1.1 (http), HTTP/1.1 over TLS (https), HTTP/2 (h2c) or HTTP/2 over TLS (h2).
             * @enum {string}
             */
            readonly protocol: "http" | "https" | "h2c" | "h2";
            /** @description Addresses among which requests are balanced. */
            readonly targets: readonly {
                /** @description host:port, with IPv6 addresses in brackets. */
                readonly address: string;
                /** @description Share of the traffic, relative to the other targets; with 0 it receives no requests. */
                readonly weight: number;
            }[];
            /** @description Prefix of every path sent upstream, in normal form. A trailing slash has no effect. */
            readonly basePath: string;
            /** @description Time limits, in milliseconds. */
            readonly timeouts: {
                /** @description To connect to a target. */
                readonly connectMs: number;
                /** @description From the request being sent to the first byte of the response. */
                readonly firstByteMs: number;
                /** @description Without a byte in either direction while content is in flight, and in a WebSocket once it is open. */
                readonly idleMs: number;
                /** @description For the whole exchange with the upstream; streams may raise it. It does not count once a WebSocket is open. */
                readonly totalMs: number;
            };
            readonly retries: {
                /** @description Retries on other targets, when a request was not sent or is idempotent. */
                readonly attempts: number;
            };
            /** @description Passive health checks: the node observes real traffic. */
            readonly health: {
                /** @description Consecutive failures after which a target is ejected. */
                readonly failures: number;
                /** @description Milliseconds for which a target stays ejected, before a request with a safe method tries it again. */
                readonly ejectMs: number;
                /** @description Status codes that count as failures, besides resets and time-outs. Another 5xx counts neither as a failure nor as a success. */
                readonly failureStatuses: readonly number[];
            };
            /** @description TLS settings, for the protocols https and h2. */
            readonly tls: {
                /** @description Verify the certificate of the target. */
                readonly verify: boolean;
                /** @description DNS name that is sent as SNI and verified. The default is the host of the target. */
                readonly serverName?: string;
                /** @description Name of the certificate that is presented to targets that request one. Nodes read it from files, <name>.crt and <name>.key in the folder of SLUICE_CLIENT_CERT_DIR: the control plane never stores or streams the private key. A node without the files quarantines the service. */
                readonly clientCertificate?: string;
                /** @description PEM certificates that are trusted in place of those of the system, 48 KiB at most: list only those that sign the targets, not a bundle. */
                readonly caCertificates?: string;
                /** @description The certificate that is presented to targets that request one, in place of clientCertificate. */
                readonly certificate?: string;
                /** @description CAs that are trusted in place of those of the system, and of caCertificates. */
                readonly cas?: readonly string[];
            };
            /** @description Connections of a node to each target, per process. One consumer or client address may use at most half of them, and so may all requests whose content is still arriving. */
            readonly connections: {
                /** @description Largest number of open connections to one target; with HTTP/2, where one connection carries many requests, at most 16. */
                readonly max: number;
                /** @description Largest number of requests that wait for a connection, each no longer than connectMs. */
                readonly queue: number;
            };
            /** @description Limits of requests, in place of those of the gateway. */
            readonly limits: {
                /** @description Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. The limit of the route takes precedence over that of the service, which takes precedence over that of the gateway. */
                readonly maxBodyBytes?: number;
            };
            /** @description Policies, in the order in which they run within a phase. */
            readonly policies: readonly components["schemas"]["PolicyAttachment"][];
            /** @description Quotas counted over all requests of the service. */
            readonly quotas: readonly string[];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly RouteInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description Gateways that serve the route. Without it: the gateway `default`.
             * @default [
             *       "default"
             *     ]
             */
            readonly gateways?: readonly string[];
            /** @description Hosts that the route matches. Empty: any host. */
            readonly hosts?: readonly string[];
            /**
             * @description Paths that the route matches. Empty: any path.
             * @default []
             */
            readonly paths?: readonly string[];
            /**
             * @description Methods that the route matches. Empty: any method.
             * @default []
             */
            readonly methods?: readonly ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")[];
            /**
             * @description Header fields that must have exactly these values, at most 64.
             * @default {}
             */
            readonly headers?: {
                readonly [key: string]: string;
            };
            /**
             * @description Query parameters that must have exactly these values, at most 64.
             * @default {}
             */
            readonly query?: {
                readonly [key: string]: string;
            };
            /** @description The service that receives the requests. A route without a service or a split needs a policy that answers. */
            readonly service?: string;
            /** @description Several services that share the requests by weight, in place of service. */
            readonly split?: readonly {
                /** @description Id or name of the referenced resource. */
                readonly service: string;
                /** @description Share of the traffic, relative to the other services of the split. */
                readonly weight: number;
            }[];
            /**
             * @description How to treat %2F and %5C in the path: "refuse" answers 400; "keep" passes them on encoded, unless the path with decoded slashes would match another route.
             * @default refuse
             * @enum {string}
             */
            readonly encodedSlashes?: "refuse" | "keep";
            /**
             * @description What happens to open responses and WebSockets when the credential, token or session of the caller expires or is revoked. end, the default: they are ended within a second. keep: they go on.
             * @enum {string}
             */
            readonly streams?: "end" | "keep";
            /** @default {} */
            readonly rewrite?: {
                /** @description Removed from the front of the path, by segment. In normal form, and a prefix that a path of the route can start with. */
                readonly stripPrefix?: string;
                /** @description A new path, in normal form. {name} stands for a segment or a named group of the pattern; every path of the route must define it. */
                readonly path?: string;
                /** @description "target" for the address of the target, "preserve" for the Host of the client, or the Host to send: host or host:port. */
                readonly host?: "target" | "preserve" | string;
            };
            /**
             * @description Precedence among routes that are equally specific; the higher one wins.
             * @default 0
             */
            readonly priority?: number;
            /**
             * @description Limits of requests, in place of those of the gateway.
             * @default {}
             */
            readonly limits?: {
                /** @description Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. The limit of the route takes precedence over that of the service, which takes precedence over that of the gateway. */
                readonly maxBodyBytes?: number;
            };
            /**
             * @description Policies, in the order in which they run within a phase.
             * @default []
             */
            readonly policies?: readonly components["schemas"]["PolicyAttachment"][];
            /**
             * @description Quotas counted over all requests of the route.
             * @default []
             */
            readonly quotas?: readonly string[];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Route: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Gateways that serve the route. Without it: the gateway `default`. */
            readonly gateways: readonly string[];
            /** @description Hosts that the route matches. Empty: any host. */
            readonly hosts?: readonly string[];
            /** @description Paths that the route matches. Empty: any path. */
            readonly paths: readonly string[];
            /** @description Methods that the route matches. Empty: any method. */
            readonly methods: readonly ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")[];
            /** @description Header fields that must have exactly these values, at most 64. */
            readonly headers: {
                readonly [key: string]: string;
            };
            /** @description Query parameters that must have exactly these values, at most 64. */
            readonly query: {
                readonly [key: string]: string;
            };
            /** @description The service that receives the requests. A route without a service or a split needs a policy that answers. */
            readonly service?: string;
            /** @description Several services that share the requests by weight, in place of service. */
            readonly split?: readonly {
                /** @description Id or name of the referenced resource. */
                readonly service: string;
                /** @description Share of the traffic, relative to the other services of the split. */
                readonly weight: number;
            }[];
            /**
             * @description How to treat %2F and %5C in the path: "refuse" answers 400; "keep" passes them on encoded, unless the path with decoded slashes would match another route.
             * @enum {string}
             */
            readonly encodedSlashes: "refuse" | "keep";
            /**
             * @description What happens to open responses and WebSockets when the credential, token or session of the caller expires or is revoked. end, the default: they are ended within a second. keep: they go on.
             * @enum {string}
             */
            readonly streams?: "end" | "keep";
            readonly rewrite: {
                /** @description Removed from the front of the path, by segment. In normal form, and a prefix that a path of the route can start with. */
                readonly stripPrefix?: string;
                /** @description A new path, in normal form. {name} stands for a segment or a named group of the pattern; every path of the route must define it. */
                readonly path?: string;
                /** @description "target" for the address of the target, "preserve" for the Host of the client, or the Host to send: host or host:port. */
                readonly host?: "target" | "preserve" | string;
            };
            /** @description Precedence among routes that are equally specific; the higher one wins. */
            readonly priority: number;
            /** @description Limits of requests, in place of those of the gateway. */
            readonly limits: {
                /** @description Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. The limit of the route takes precedence over that of the service, which takes precedence over that of the gateway. */
                readonly maxBodyBytes?: number;
            };
            /** @description Policies, in the order in which they run within a phase. */
            readonly policies: readonly components["schemas"]["PolicyAttachment"][];
            /** @description Quotas counted over all requests of the route. */
            readonly quotas: readonly string[];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly ConsumerInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly username: string;
            /** @description Your own identifier for this caller; upstreams receive it. */
            readonly customId?: string;
            /**
             * @description Groups whose policies and quotas apply to the consumer.
             * @default []
             */
            readonly groups?: readonly string[];
            /**
             * @description The consumer's own quotas.
             * @default []
             */
            readonly quotas?: readonly string[];
            /**
             * @description Policies, in the order in which they run within a phase.
             * @default []
             */
            readonly policies?: readonly components["schemas"]["PolicyAttachment"][];
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Consumer: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly username: string;
            /** @description Your own identifier for this caller; upstreams receive it. */
            readonly customId?: string;
            /** @description Groups whose policies and quotas apply to the consumer. */
            readonly groups: readonly string[];
            /** @description The consumer's own quotas. */
            readonly quotas: readonly string[];
            /** @description Policies, in the order in which they run within a phase. */
            readonly policies: readonly components["schemas"]["PolicyAttachment"][];
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly CredentialInput: {
            /**
             * @description An API key.
             * @constant
             */
            readonly type: "key";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description A key of your own, at least 16 characters unless `short` is true; otherwise a random one is generated. It is never shown again. */
            readonly key?: string;
            /** @description Instead of `key`: the SHA-256 of an existing key, in hex, for imports. */
            readonly hash?: string;
            /** @description With `hash`: the first characters of the key, if known. */
            readonly prefix?: string;
            /** @description The key has fewer than 16 characters, or may have: it comes from another system, and should be replaced. */
            readonly short?: boolean;
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the credential is refused. A creation needs one in the future.
             */
            readonly expiresAt?: string;
            /** @description Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled. */
            readonly disabled?: boolean;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        } | {
            /**
             * @description User name and password (RFC 7617).
             * @constant
             */
            readonly type: "basic";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description The user-id of the caller. It is compared exactly and belongs to one credential only. */
            readonly username: string;
            /** @description The password. It is hashed with argon2id, and never shown. */
            readonly password?: string;
            /** @description Instead of `password`: an existing hash, with argon2id or scrypt as a PHC string, with bcrypt, or `$kong-sha1$<consumer id in Kong>$<SHA-1 in hex>`. Its cost is bounded. Those of bcrypt and Kong are replaced by argon2id when the password is used first. */
            readonly passwordHash?: string;
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the credential is refused. A creation needs one in the future.
             */
            readonly expiresAt?: string;
            /** @description Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled. */
            readonly disabled?: boolean;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        } | {
            /**
             * @description A secret with which the caller signs requests.
             * @constant
             */
            readonly type: "hmac";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description The id of the key, which requests name: `username` or `keyid`. It is compared exactly and belongs to one credential only. */
            readonly username: string;
            /**
             * @description The one algorithm for which the secret is used: a request that names another one is refused.
             * @default hmac-sha256
             * @enum {string}
             */
            readonly algorithm?: "hmac-sha256" | "hmac-sha384" | "hmac-sha512" | "hmac-sha1";
            /** @description A secret of your own, at least 16 characters; otherwise a random one is generated. It is stored encrypted, because the node needs it to verify signatures. */
            readonly secret?: string;
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the credential is refused. A creation needs one in the future.
             */
            readonly expiresAt?: string;
            /** @description Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled. */
            readonly disabled?: boolean;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        } | {
            /**
             * @description A key with which the caller signs its own tokens (JWT).
             * @constant
             */
            readonly type: "jwt";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description What tokens name the credential by: the claim `iss`, unless the policy reads another one. It is compared exactly and belongs to one credential only. */
            readonly key?: string;
            /**
             * @description The only algorithm that the signatures of its tokens may have.
             * @enum {string}
             */
            readonly algorithm?: "HS256" | "HS384" | "HS512" | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA";
            /** @description The public key in PEM, for all algorithms but HS256, HS384 and HS512. */
            readonly publicKey?: string;
            /** @description The secret of HS256, HS384 and HS512, as long as the hash at least; its UTF-8 bytes are the key. Without one a random secret is generated. It is stored encrypted. */
            readonly secret?: string;
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the credential is refused. A creation needs one in the future.
             */
            readonly expiresAt?: string;
            /** @description Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled. */
            readonly disabled?: boolean;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        } | {
            /**
             * @description A certificate that the caller presents in the handshake.
             * @constant
             */
            readonly type: "mtls";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description The CA that issues the certificate, directly or through intermediate ones. The same identity from another CA is another caller. */
            readonly ca: string;
            /** @description What identifies the caller: one alternative name of the certificate (`DNS:orders.internal`, `URI:spiffe://acme/orders`, `email:ops@acme.test`, `IP:10.0.0.1`), its subject (`subject:CN=orders,O=Acme`) or its SHA-256 (`sha256:…`). It is compared exactly; wildcards have no meaning. */
            readonly identity: string;
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the credential is refused. A creation needs one in the future.
             */
            readonly expiresAt?: string;
            /** @description Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled. */
            readonly disabled?: boolean;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Credential: {
            /** Format: uuid */
            readonly id: string;
            /** @constant */
            readonly type: "key";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly consumer: string;
            /** @description The first characters, which help to recognise a key. */
            readonly prefix: string;
            /** @description The key has fewer than 16 characters, or may have: it comes from another system, and should be replaced. */
            readonly short?: boolean;
            /** Format: date-time */
            readonly expiresAt?: string;
            readonly disabled?: boolean;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /**
             * Format: date-time
             * @description When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.
             */
            readonly lastUsedAt?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        } | {
            /** Format: uuid */
            readonly id: string;
            /** @constant */
            readonly type: "basic";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly consumer: string;
            /** @description The user-id of the caller. It is compared exactly and belongs to one credential only. */
            readonly username: string;
            /** Format: date-time */
            readonly expiresAt?: string;
            readonly disabled?: boolean;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /**
             * Format: date-time
             * @description When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.
             */
            readonly lastUsedAt?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        } | {
            /** Format: uuid */
            readonly id: string;
            /** @constant */
            readonly type: "hmac";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly consumer: string;
            /** @description The id of the key, which requests name: `username` or `keyid`. It is compared exactly and belongs to one credential only. */
            readonly username: string;
            /**
             * @description The one algorithm for which the secret is used: a request that names another one is refused.
             * @enum {string}
             */
            readonly algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512" | "hmac-sha1";
            /** Format: date-time */
            readonly expiresAt?: string;
            readonly disabled?: boolean;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /**
             * Format: date-time
             * @description When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.
             */
            readonly lastUsedAt?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        } | {
            /** Format: uuid */
            readonly id: string;
            /** @constant */
            readonly type: "jwt";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly consumer: string;
            /** @description What tokens name the credential by: the claim `iss`, unless the policy reads another one. It is compared exactly and belongs to one credential only. */
            readonly key: string;
            /**
             * @description The only algorithm that the signatures of its tokens may have.
             * @enum {string}
             */
            readonly algorithm: "HS256" | "HS384" | "HS512" | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA";
            /** @description The public key in PEM, for all algorithms but HS256, HS384 and HS512. */
            readonly publicKey?: string;
            /** Format: date-time */
            readonly expiresAt?: string;
            readonly disabled?: boolean;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /**
             * Format: date-time
             * @description When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.
             */
            readonly lastUsedAt?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        } | {
            /** Format: uuid */
            readonly id: string;
            /** @constant */
            readonly type: "mtls";
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly consumer: string;
            /** @description The CA that issues the certificate, directly or through intermediate ones. The same identity from another CA is another caller. */
            readonly ca: string;
            /** @description What identifies the caller: one alternative name of the certificate (`DNS:orders.internal`, `URI:spiffe://acme/orders`, `email:ops@acme.test`, `IP:10.0.0.1`), its subject (`subject:CN=orders,O=Acme`) or its SHA-256 (`sha256:…`). It is compared exactly; wildcards have no meaning. */
            readonly identity: string;
            /** Format: date-time */
            readonly expiresAt?: string;
            readonly disabled?: boolean;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /**
             * Format: date-time
             * @description When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.
             */
            readonly lastUsedAt?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly KeyInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description A key of your own, at least 16 characters unless `short` is true; otherwise a random one is generated. It is never shown again. */
            readonly key?: string;
            /** @description Instead of `key`: the SHA-256 of an existing key, in hex, for imports. */
            readonly hash?: string;
            /** @description With `hash`: the first characters of the key, if known. */
            readonly prefix?: string;
            /** @description The key has fewer than 16 characters, or may have: it comes from another system, and should be replaced. */
            readonly short?: boolean;
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the credential is refused. A creation needs one in the future.
             */
            readonly expiresAt?: string;
            /** @description Refuse the credential with 401 until it is enabled again. Absent from responses while it is enabled. */
            readonly disabled?: boolean;
            /**
             * @description Labels for filtering lists, such as "team:shop".
             * @default []
             */
            readonly tags?: readonly string[];
        };
        readonly Key: {
            /** Format: uuid */
            readonly id: string;
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /** @description Id or name of the referenced resource. */
            readonly consumer: string;
            /** @description The first characters, which help to recognise a key. */
            readonly prefix: string;
            /** @description The key has fewer than 16 characters, or may have: it comes from another system, and should be replaced. */
            readonly short?: boolean;
            /** Format: date-time */
            readonly expiresAt?: string;
            readonly disabled?: boolean;
            /** @description Labels for filtering lists, such as "team:shop". */
            readonly tags: readonly string[];
            /**
             * Format: date-time
             * @description When a connected node last reported a use, to the minute; in responses to reads, once there was one. The entity tag does not depend on it.
             */
            readonly lastUsedAt?: string;
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly updatedAt: string;
        };
        readonly PolicyAttachment: {
            /** @description Name of the policy, as in GET /v1/policies. */
            readonly name: string;
            /**
             * @description The policy's configuration; the page of the policy describes it.
             * @default {}
             */
            readonly config?: {
                readonly [key: string]: unknown;
            };
            /**
             * @description "shadow" evaluates and reports, and never changes or blocks a request.
             * @default enforce
             * @enum {string}
             */
            readonly mode?: "enforce" | "shadow";
            /**
             * @description What happens when something the policy depends on fails: let the request pass, or refuse it with 503.
             * @enum {string}
             */
            readonly onError?: "open" | "closed";
        };
        readonly Policy: {
            readonly name: string;
            readonly summary: string;
            /** @enum {string} */
            readonly origin: "built-in" | "custom";
            readonly phases: readonly string[];
            /** @description Kinds of resources that the policy can be attached to. */
            readonly attach: readonly string[];
            /** @description Whether the policy answers requests itself, so that its route needs no service. */
            readonly answers: boolean;
            /**
             * @description Whether the policy is one of the alternatives that authenticate the caller; a `fallback` is asked when no other found a credential.
             * @enum {unknown}
             */
            readonly authenticates: false | true | "fallback";
            /** @description Error codes of the policy, besides those that all policies use. */
            readonly errors?: readonly {
                readonly code: string;
                readonly status: number;
                /** @enum {string} */
                readonly source: "client" | "gateway" | "upstream";
                readonly retry: boolean;
                readonly title: string;
            }[];
            /**
             * @description Default of `onError` in an attachment: whether a request passes (`open`) or is refused (`closed`) when a dependency of the policy fails.
             * @enum {string}
             */
            readonly onError?: "open" | "closed";
            /** @description JSON Schema of the configuration of the policy. */
            readonly config: Record<string, never>;
        };
        readonly Token: {
            /** Format: uuid */
            readonly id: string;
            readonly name: string;
            /**
             * @description Permissions: admin may do everything, editor everything except manage tokens, viewer only read.
             * @enum {string}
             */
            readonly role: "admin" | "editor" | "viewer";
            /** Format: date-time */
            readonly createdAt: string;
            /** Format: date-time */
            readonly expiresAt?: string;
            /** Format: date-time */
            readonly lastUsedAt?: string;
        };
        readonly TokenInput: {
            /** @description Unique name: letters, digits, ".", "_" and "-", at most 64. */
            readonly name: string;
            /**
             * @description Permissions: admin may do everything, editor everything except manage tokens, viewer only read.
             * @enum {string}
             */
            readonly role: "admin" | "editor" | "viewer";
            /**
             * Format: date-time
             * @description RFC 3339 instant after which the token is refused.
             */
            readonly expiresAt?: string;
        };
        readonly Node: {
            readonly id: string;
            readonly gateway: string;
            readonly version: string;
            /** @description Level of the node's schemas. It is sent no properties of later levels. */
            readonly schemaLevel: number;
            /** @description Kinds of resources that the node understands. It is sent no others. */
            readonly kinds: readonly string[];
            /** @description False for a node whose connection has no TLS and is not local: it is sent neither private keys nor other secrets. */
            readonly receivesSecrets: boolean;
            /** @enum {string} */
            readonly state: "live" | "stale" | "draining";
            readonly appliedRevision: number;
            /** @description The newer revision that the node rejected; null when there is none. */
            readonly nackedRevision: number | null;
            /** @description Faults in resources that the node cannot use: those for which it rejected a revision, and those of the resources that it quarantines. */
            readonly faults: readonly components["schemas"]["Fault"][];
            /** @description Health of the targets as seen by this node. */
            readonly targets: readonly {
                readonly service: string;
                readonly address: string;
                readonly healthy: boolean;
            }[];
            /** Format: date-time */
            readonly connectedAt: string;
            /** Format: date-time */
            readonly lastSeenAt: string;
        };
        readonly NodeOutcome: {
            readonly id: string;
            readonly gateway: string;
            /** @enum {string} */
            readonly state: "live" | "stale" | "draining";
            readonly appliedRevision: number;
            /**
             * @description Stale and draining nodes are listed as `not-waited`: a write does not wait for them.
             * @enum {string}
             */
            readonly outcome: "applied" | "pending" | "rejected" | "not-waited";
            readonly faults?: readonly components["schemas"]["Fault"][];
        };
        readonly AppliedReport: {
            readonly revision: number;
            /** @enum {string} */
            readonly status: "applied" | "pending" | "rejected";
            readonly nodes: readonly components["schemas"]["NodeOutcome"][];
        };
        readonly Fault: {
            readonly kind: string;
            readonly id: string;
            readonly name: string;
            /** @description RFC 6901 JSON Pointer into the resource. */
            readonly pointer: string;
            readonly code: string;
            readonly reason: string;
        };
        readonly Warning: {
            /** @enum {string} */
            readonly code: "route_shadowed" | "certificate_not_valid_yet";
            readonly detail: string;
        };
        readonly Change: {
            /** @enum {string} */
            readonly action: "created" | "updated" | "deleted";
            /** @enum {string} */
            readonly kind: "ca" | "gateway" | "quota" | "group" | "certificate" | "signingKey" | "service" | "route" | "consumer" | "credential";
            /** Format: uuid */
            readonly id: string;
            readonly name: string;
            /** @description The resource before the change; null when it was created. Absent from lists. */
            readonly before?: Record<string, never> | null;
            /** @description The resource after the change; null when it was deleted. Absent from lists. */
            readonly after?: Record<string, never> | null;
        };
        readonly Revision: {
            readonly revision: number;
            /** Format: date-time */
            readonly committedAt: string;
            /** @description Name of the token that made the change. */
            readonly actor: string;
            readonly requestId: string;
            /** @description Names of the gateways that the revision affects; null when it may affect all. */
            readonly gateways: readonly string[] | null;
            readonly changes: readonly components["schemas"]["Change"][];
        };
        readonly EffectivePolicies: {
            readonly route: string;
            readonly gateway: string | null;
            readonly service: string | null;
            readonly consumer: string | null;
            readonly policies: readonly (components["schemas"]["PolicyAttachment"] & {
                readonly from: {
                    readonly kind: string;
                    /** Format: uuid */
                    readonly id?: string;
                    readonly name?: string;
                };
            })[];
        };
        readonly Problem: {
            /** Format: uri */
            readonly type: string;
            readonly title: string;
            readonly status: number;
            /** @enum {string} */
            readonly code: "malformed_request" | "invalid_target" | "invalid_host" | "protected_header" | "request_timeout" | "content_too_large" | "uri_too_long" | "expectation_failed" | "header_fields_too_large" | "method_not_implemented" | "transfer_coding_not_implemented" | "http_version_not_supported" | "route_not_found" | "method_not_allowed" | "unauthorized" | "invalid_credential" | "credential_expired" | "credential_disabled" | "too_many_failures" | "forbidden" | "insufficient_scope" | "address_denied" | "rate_limited" | "quota_exceeded" | "internal_error" | "policy_failed" | "loop_detected" | "resource_quarantined" | "not_ready" | "overloaded" | "too_many_connections" | "local_resources_exhausted" | "content_buffers_full" | "no_target_available" | "upstream_connect_failed" | "upstream_reset" | "upstream_malformed_response" | "upstream_content_too_large" | "upstream_timeout" | "validation_failed" | "unknown_parameter" | "malformed_content" | "reference_not_found" | "admin_unauthorized" | "admin_forbidden" | "resource_not_found" | "admin_method_not_allowed" | "name_taken" | "still_referenced" | "idempotency_conflict" | "control_plane_outdated" | "precondition_failed" | "unsupported_media_type" | "revision_rejected" | "too_many_failed_logins" | "encryption_key_mismatch" | "database_unavailable";
            readonly detail?: string;
            readonly requestId?: string;
            readonly errors?: readonly {
                /** @description RFC 6901 JSON Pointer into the request content. */
                readonly pointer: string;
                readonly detail: string;
            }[];
        };
    };
    responses: {
        /** @description A problem (RFC 9457). `code` identifies it, `detail` explains it, and `errors` lists every fault of the request content. */
        readonly Problem: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description The most entries on a page, up to 1000. */
        readonly limit: number;
        /** @description The `next` of the previous page. */
        readonly after: string;
        /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
        readonly tag: readonly string[];
        /** @description Lists only the resource with this name. */
        readonly name: string;
        /** @description Delays the response until every live node of the affected gateways has applied the write. */
        readonly wait: "applied";
        /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
        readonly timeout: string;
        /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
        readonly Prefer: string;
        /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
        readonly "Idempotency-Key": string;
        /** @description Id or name of the ca. */
        readonly ca: string;
        /** @description The entity tag of the representation that the caller already has. */
        readonly "If-None-Match": string;
        /** @description Id or name of the ca. */
        readonly "ca-2": string;
        /** @description The entity tag that the resource must still have. */
        readonly "If-Match": string;
        /** @description `*` requires that the resource does not exist yet. */
        readonly "If-None-Match-2": string;
        /** @description Id or name of the gateway. */
        readonly gateway: string;
        /** @description Id or name of the gateway. */
        readonly "gateway-2": string;
        /** @description Id or name of the quota. */
        readonly quota: string;
        /** @description Id or name of the quota. */
        readonly "quota-2": string;
        /** @description Id or name of the group. */
        readonly group: string;
        /** @description Id or name of the group. */
        readonly "group-2": string;
        /** @description Id or name of the certificate. */
        readonly certificate: string;
        /** @description Id or name of the certificate. */
        readonly "certificate-2": string;
        /** @description Id or name of the signingKey. */
        readonly signingKey: string;
        /** @description Id or name of the service. */
        readonly service: string;
        /** @description Id or name of the service. */
        readonly "service-2": string;
        /** @description Id or name of the route. */
        readonly route: string;
        /** @description Id or name of the route. */
        readonly "route-2": string;
        /** @description Id or name of the consumer. */
        readonly consumer: string;
        /** @description Id or name of the consumer. */
        readonly "consumer-2": string;
        /** @description Lists only credentials that exist for this long, and that no connected node has reported as used during it, such as 90d. */
        readonly unused: string;
        /** @description Lists only credentials that expire within this time from now, such as 30d. */
        readonly expiring: string;
        /** @description Lists only credentials of this type. */
        readonly type: "key" | "basic" | "hmac" | "jwt" | "mtls";
        /** @description Id or name of the credential. */
        readonly credential: string;
        /** @description Id or name of the key. */
        readonly key: string;
        /** @description Number of the revision. */
        readonly revision: string;
        /** @description Id or name of the token. */
        readonly token: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly "cas.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Ca"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "cas.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CaInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "cas.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the ca. */
                readonly ca: components["parameters"]["ca"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "cas.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the ca. */
                readonly ca: components["parameters"]["ca-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CaInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "cas.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the ca. */
                readonly ca: components["parameters"]["ca-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "cas.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the ca. */
                readonly ca: components["parameters"]["ca"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Ca"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "gateways.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Gateway"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "gateways.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["GatewayInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "gateways.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "gateways.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["GatewayInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "gateways.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "gateways.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Gateway"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "quotas.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Quota"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "quotas.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["QuotaInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "quotas.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the quota. */
                readonly quota: components["parameters"]["quota"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "quotas.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the quota. */
                readonly quota: components["parameters"]["quota-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["QuotaInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "quotas.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the quota. */
                readonly quota: components["parameters"]["quota-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "quotas.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the quota. */
                readonly quota: components["parameters"]["quota"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Quota"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "groups.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Group"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "groups.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["GroupInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "groups.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the group. */
                readonly group: components["parameters"]["group"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "groups.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the group. */
                readonly group: components["parameters"]["group-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["GroupInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "groups.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the group. */
                readonly group: components["parameters"]["group-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "groups.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the group. */
                readonly group: components["parameters"]["group"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Group"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "certificates.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Certificate"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "certificates.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CertificateInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "certificates.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the certificate. */
                readonly certificate: components["parameters"]["certificate"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "certificates.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the certificate. */
                readonly certificate: components["parameters"]["certificate-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CertificateInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "certificates.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the certificate. */
                readonly certificate: components["parameters"]["certificate-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "certificates.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the certificate. */
                readonly certificate: components["parameters"]["certificate"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Certificate"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "signingKeys.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["SigningKey"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "signingKeys.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SigningKeyInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SigningKey"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SigningKey"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "signingKeys.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
                /** @description Id or name of the signingKey. */
                readonly signingKey: components["parameters"]["signingKey"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SigningKey"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "signingKeys.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
                /** @description Id or name of the signingKey. */
                readonly signingKey: components["parameters"]["signingKey"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "signingKeys.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the gateway. */
                readonly gateway: components["parameters"]["gateway"];
                /** @description Id or name of the signingKey. */
                readonly signingKey: components["parameters"]["signingKey"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SigningKey"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SigningKey"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "services.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Service"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "services.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ServiceInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "services.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the service. */
                readonly service: components["parameters"]["service"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "services.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the service. */
                readonly service: components["parameters"]["service-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ServiceInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "services.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the service. */
                readonly service: components["parameters"]["service-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "services.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the service. */
                readonly service: components["parameters"]["service"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "routes.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Route"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "routes.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RouteInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "routes.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the route. */
                readonly route: components["parameters"]["route"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "routes.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the route. */
                readonly route: components["parameters"]["route-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RouteInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "routes.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the route. */
                readonly route: components["parameters"]["route-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "routes.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the route. */
                readonly route: components["parameters"]["route"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "consumers.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Consumer"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "consumers.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ConsumerInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "consumers.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "consumers.put": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
                /** @description `*` requires that the resource does not exist yet. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match-2"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ConsumerInput"];
            };
        };
        readonly responses: {
            /** @description Replaced. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "consumers.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer-2"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "consumers.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Consumer"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "credentials.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
                /** @description Lists only credentials that exist for this long, and that no connected node has reported as used during it, such as 90d. */
                readonly unused?: components["parameters"]["unused"];
                /** @description Lists only credentials that expire within this time from now, such as 30d. */
                readonly expiring?: components["parameters"]["expiring"];
                /** @description Lists only credentials of this type. */
                readonly type?: components["parameters"]["type"];
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Credential"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "credentials.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CredentialInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Credential"] & {
                        /** @description The key itself. It is shown only in this response. */
                        readonly key?: string;
                        /** @description The secret itself. It is shown only in this response. */
                        readonly secret?: string;
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Credential"] & {
                        /** @description The key itself. It is shown only in this response. */
                        readonly key?: string;
                        /** @description The secret itself. It is shown only in this response. */
                        readonly secret?: string;
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "credentials.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
                /** @description Id or name of the credential. */
                readonly credential: components["parameters"]["credential"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Credential"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "credentials.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
                /** @description Id or name of the credential. */
                readonly credential: components["parameters"]["credential"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "credentials.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
                /** @description Id or name of the credential. */
                readonly credential: components["parameters"]["credential"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Credential"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Credential"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "allCredentials.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
                /** @description Lists only credentials that exist for this long, and that no connected node has reported as used during it, such as 90d. */
                readonly unused?: components["parameters"]["unused"];
                /** @description Lists only credentials that expire within this time from now, such as 30d. */
                readonly expiring?: components["parameters"]["expiring"];
                /** @description Lists only credentials of this type. */
                readonly type?: components["parameters"]["type"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Credential"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "keys.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
                /** @description Lists only credentials that exist for this long, and that no connected node has reported as used during it, such as 90d. */
                readonly unused?: components["parameters"]["unused"];
                /** @description Lists only credentials that expire within this time from now, such as 30d. */
                readonly expiring?: components["parameters"]["expiring"];
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Key"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "keys.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["KeyInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Key"] & {
                        /** @description The key itself. It is shown only in this response. */
                        readonly key: string;
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Key"] & {
                        /** @description The key itself. It is shown only in this response. */
                        readonly key: string;
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "keys.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The entity tag of the representation that the caller already has. */
                readonly "If-None-Match"?: components["parameters"]["If-None-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
                /** @description Id or name of the key. */
                readonly key: components["parameters"]["key"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. ETag holds its entity tag. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Key"];
                };
            };
            /** @description Not modified. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "keys.delete": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
                /** @description Id or name of the key. */
                readonly key: components["parameters"]["key"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Deleted, and the nodes have applied the revision. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Deleted. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "keys.patch": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description The entity tag that the resource must still have. */
                readonly "If-Match"?: components["parameters"]["If-Match"];
            };
            readonly path: {
                /** @description Id or name of the consumer. */
                readonly consumer: components["parameters"]["consumer"];
                /** @description Id or name of the key. */
                readonly key: components["parameters"]["key"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": Record<string, never>;
                readonly "application/json": Record<string, never>;
            };
        };
        readonly responses: {
            /** @description Changed, or unchanged because it already had these values. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Key"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Key"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "serviceRoutes.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
                /** @description Lists only resources with this tag. Repeat the parameter to require several tags. */
                readonly tag?: components["parameters"]["tag"];
                /** @description Lists only the resource with this name. */
                readonly name?: components["parameters"]["name"];
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the service. */
                readonly service: components["parameters"]["service"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Route"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "serviceRoutes.create": {
        readonly parameters: {
            readonly query?: {
                /** @description Delays the response until every live node of the affected gateways has applied the write. */
                readonly wait?: components["parameters"]["wait"];
                /** @description How long to wait, such as 500ms, 5s or 1m; at most 1m. The default is 5s. Requires wait. */
                readonly timeout?: components["parameters"]["timeout"];
            };
            readonly header?: {
                /** @description `wait=5` has the same effect as `?wait=applied&timeout=5s` (RFC 7240). */
                readonly Prefer?: components["parameters"]["Prefer"];
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path: {
                /** @description Id or name of the service. */
                readonly service: components["parameters"]["service"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RouteInput"];
            };
        };
        readonly responses: {
            /** @description Created. Location, ETag and Sluice-Revision describe the new resource. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
            /** @description Committed, but not all nodes have applied it yet; `nodes` lists them. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Route"] & {
                        /** @description The revision that the write created. */
                        readonly revision: number;
                        readonly warnings?: readonly components["schemas"]["Warning"][];
                        /** @description The outcome at each node. Present only when the request asked to wait. */
                        readonly nodes?: readonly components["schemas"]["NodeOutcome"][];
                    };
                };
            };
        };
    };
    readonly "routes.effective": {
        readonly parameters: {
            readonly query?: {
                /** @description A gateway of the route, by name or id. The default is its first gateway. */
                readonly gateway?: string;
                /** @description A service of the route, by name or id. The default is its first service. */
                readonly service?: string;
                /** @description A consumer, by name or id, whose policies and those of its groups are included. The default is an anonymous caller. */
                readonly consumer?: string;
            };
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the route. */
                readonly route: components["parameters"]["route"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The policies, in the order gateway, service, route, groups, consumer. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EffectivePolicies"];
                };
            };
        };
    };
    readonly "policies.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Policy"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "policies.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of the policy. */
                readonly policy: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Policy"];
                };
            };
        };
    };
    readonly "nodes.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Node"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "nodes.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Name of the node. */
                readonly node: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Node"];
                };
            };
        };
    };
    readonly "revisions.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Revision"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "revisions.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Number of the revision. */
                readonly revision: components["parameters"]["revision"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Revision"];
                };
            };
        };
    };
    readonly "revisions.status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Number of the revision. */
                readonly revision: components["parameters"]["revision"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The current status. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AppliedReport"];
                };
            };
        };
    };
    readonly "tokens.list": {
        readonly parameters: {
            readonly query?: {
                /** @description The most entries on a page, up to 1000. */
                readonly limit?: components["parameters"]["limit"];
                /** @description The `next` of the previous page. */
                readonly after?: components["parameters"]["after"];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description One page of the list. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly data: readonly components["schemas"]["Token"][];
                        /** @description Cursor of the next page; null on the last. */
                        readonly next: string | null;
                    };
                };
            };
        };
    };
    readonly "tokens.create": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description Within a day, a repetition of the request with the same key gets the response to the first. */
                readonly "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["TokenInput"];
            };
        };
        readonly responses: {
            /** @description Created. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Token"] & {
                        /** @description The token itself. It is shown only in this response. */
                        readonly token: string;
                    };
                };
            };
        };
    };
    readonly "tokens.get": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the token. */
                readonly token: components["parameters"]["token"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Found. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Token"];
                };
            };
        };
    };
    readonly "tokens.delete": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description Id or name of the token. */
                readonly token: components["parameters"]["token"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Revoked. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    readonly "health.live": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The process runs. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly status: string;
                        readonly revision?: number;
                    };
                };
            };
        };
    };
    readonly "health.ready": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The database answers. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly status: string;
                        readonly revision?: number;
                    };
                };
            };
        };
    };
}
