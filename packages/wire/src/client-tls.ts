import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** How a node verifies a control plane, and what it presents itself. */
export interface ClientTls {
  readonly mode: 'tls';
  /** PEM of the CA certificates that are trusted instead of those of the system. */
  readonly ca?: string | undefined;
  /**
   * SHA-256 fingerprints, in the form of {@link certificateFingerprint}. With them only certificates
   * with one of these fingerprints are accepted; their issuer and their names do not matter.
   */
  readonly fingerprints?: readonly string[] | undefined;
  /** PEM of the client certificate with its chain, and of its private key. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

/** What gRPC expects of a secure connector; it does not export the type. */
type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/**
 * Channel credentials that verify a control plane by CA and name, or by fingerprint. The credentials
 * of gRPC itself cannot accept a certificate by its fingerprint alone.
 *
 * This file is the only one that implements methods of gRPC whose names begin with `_`.
 * `connection-tls.spec.ts` fails when a new version of gRPC does not call them any more.
 */
export class VerifyingCredentials extends ChannelCredentials {
  readonly #host: string;
  readonly #tls: ClientTls;

  /** @param host the name or IP address that the certificate must be valid for */
  constructor(host: string, tls: ClientTls) {
    super();
    this.#host = host;
    this.#tls = tls;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): SecureConnector {
    const callCredentials = CallCredentials.createEmpty();
    return {
      connect: async (socket) => ({
        socket: await secured(socket, this.#host, this.#tls),
        secure: true,
      }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => undefined,
    };
  }
}

/** Resolves when the server has proved who it is. Nothing is sent before. */
function secured(
  socket: Socket,
  host: string,
  { ca, fingerprints, certificate }: ClientTls,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connect({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...certificate,
      // With fingerprints, `faultOf` decides.
      rejectUnauthorized: fingerprints === undefined,
    });
    secure.once('secureConnect', () => {
      const fault = faultOf(secure.getPeerCertificate(), fingerprints);
      if (fault === undefined) return resolve(secure);
      secure.destroy();
      reject(new Error(fault));
    });
    secure.on('error', (error) => reject(explained(error, host)));
  });
}

function faultOf(
  { fingerprint256 }: PeerCertificate,
  fingerprints: readonly string[] | undefined,
): string | undefined {
  if (fingerprints === undefined || fingerprints.includes(fingerprint256)) return undefined;
  return `the certificate of the control plane has the fingerprint ${fingerprint256}, which is not the expected one`;
}

/** The errors whose codes do not say what to do. */
function explained(error: NodeJS.ErrnoException, host: string): Error {
  const { code = '', message } = error;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return new Error('the control plane does not use TLS on the config stream', { cause: error });
  if (/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/.test(code))
    return new Error(
      `the certificate of the control plane is not trusted (${message}): set SLUICE_STREAM_CA_FILE to the certificates of its CA, or SLUICE_STREAM_FINGERPRINT to its fingerprint`,
      { cause: error },
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Error(`the certificate of the control plane is not valid for ${host}: ${message}`, {
      cause: error,
    });
  return error;
}
