import type { HeaderList } from '@sluice/http1';
import { noContent } from '../net/content.ts';
import type { Downstream } from './downstream.ts';

/**
 * The client's side of an exchange that is complete, or that was withdrawn from a policy: the
 * request can still be read, and method calls have no effect. It holds no connection.
 */
export class PastRequest implements Downstream {
  readonly protocol: Downstream['protocol'];
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  readonly peerCertificate: Downstream['peerCertificate'];
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly hasQuery: boolean;
  readonly rawTarget: string;
  readonly hasEncodedSlash: boolean;
  readonly host: string;
  readonly authority: string;
  readonly headers: HeaderList;
  readonly content = noContent;
  readonly wantsUpgrade: boolean;
  readonly expectsContinue: boolean;
  readonly isGrpc: boolean;
  readonly grpcStatus: number;
  readonly responseBegun = true;
  maxBodyBytes: number;
  servesHalfClosed: boolean;
  abortListener: undefined = undefined;
  bytesReceived: number;
  bytesSent: number;

  /** @param headers the exchange's request fields with all changes */
  constructor(request: Downstream, headers: HeaderList) {
    this.protocol = request.protocol;
    this.encrypted = request.encrypted;
    this.peerAddress = request.peerAddress;
    this.peerPort = request.peerPort;
    this.localPort = request.localPort;
    this.peerCertificate = request.peerCertificate;
    this.method = request.method;
    this.path = request.path;
    this.query = request.query;
    this.hasQuery = request.hasQuery;
    this.rawTarget = request.rawTarget;
    this.hasEncodedSlash = request.hasEncodedSlash;
    this.host = request.host;
    this.authority = request.authority;
    this.headers = headers;
    this.wantsUpgrade = request.wantsUpgrade;
    this.expectsContinue = request.expectsContinue;
    this.isGrpc = request.isGrpc;
    this.grpcStatus = request.grpcStatus;
    this.maxBodyBytes = request.maxBodyBytes;
    this.servesHalfClosed = request.servesHalfClosed;
    this.bytesReceived = request.bytesReceived;
    this.bytesSent = request.bytesSent;
  }

  sendInterim(): void {}

  respond(): void {}

  stream(): void {}

  upgrade(): void {}

  abort(): void {}

  closeAfterResponse(): void {}
}
