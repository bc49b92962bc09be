import { Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GatewayError } from '@sluice/errors';
import type { Request, Response } from 'express';
import { requestIdOf } from '../http/request-id.ts';
import { Logger } from '../logger.ts';
import { ControlPlaneMetrics } from '../metrics/control-plane-metrics.ts';
import { BootstrapToken } from './bootstrap-token.ts';
import { CallerDirectory } from './caller-directory.ts';
import { FailedLogins } from './failed-logins.ts';
import { mayUse } from './role.ts';
import type { Caller } from './role.ts';
import { hashSecret } from './secret.ts';

const accessKey = 'sluice access';
const logins = new WeakMap<object, Login>();

/** The caller of a request, and the token that it presented. */
interface Login {
  readonly caller: Caller;
  readonly token: string;
}

/** Marks handlers that require no token: health and documentation. */
export const Public = () => SetMetadata(accessKey, 'public');
/** Marks handlers that require the role admin. */
export const AdminOnly = () => SetMetadata(accessKey, 'admin');

/** The caller that the guard authenticated. */
export function callerOf(request: Request): Caller {
  return loginOf(request).caller;
}

/**
 * The token that the caller presented, without the scheme, which is case-insensitive (RFC 9110
 * section 11.1).
 */
export function tokenOf(request: Request): string {
  return loginOf(request).token;
}

function loginOf(request: Request): Login {
  const login = logins.get(request);
  if (login === undefined) throw new TypeError('a public handler has no caller');
  return login;
}

/**
 * Requires a bearer token (RFC 6750) and refuses requests that the token's role does not permit. It
 * checks every token, so failed logins never lock out a valid one; they only delay the response to
 * the next wrong token from the same address.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly bootstrap: BootstrapToken,
    private readonly directory: CallerDirectory,
    private readonly failedLogins: FailedLogins,
    private readonly logger: Logger,
    private readonly metrics: ControlPlaneMetrics,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<string | undefined>(accessKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const login = await this.authenticate(request, context.switchToHttp().getResponse<Response>());
    const { caller } = login;
    if (!mayUse(caller.role, request.method) || (access === 'admin' && caller.role !== 'admin')) {
      throw new GatewayError('admin_forbidden', {
        detail: `the token "${caller.name}" has the role ${caller.role}`,
      });
    }
    logins.set(request, login);
    return true;
  }

  private async authenticate(request: Request, response: Response): Promise<Login> {
    const presented = /^bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    response.setHeader('WWW-Authenticate', 'Bearer realm="sluice"');
    if (presented === undefined)
      throw new GatewayError('admin_unauthorized', {
        detail: 'send "Authorization: Bearer <token>"',
      });
    const hash = hashSecret(presented);
    const caller = this.bootstrap.matches(hash)
      ? BootstrapToken.identity
      : await this.directory.findCaller(hash);
    if (caller === undefined)
      throw await this.refusal(request.socket.remoteAddress ?? '', response);
    response.removeHeader('WWW-Authenticate');
    return { caller, token: presented };
  }

  /**
   * Counts a failed login. Beyond its allowance, an address gets a delayed response with
   * Retry-After.
   */
  private async refusal(address: string, response: Response): Promise<GatewayError> {
    this.metrics.failedLogins.add(1);
    const waitSeconds = this.failedLogins.retryAfterSeconds(address);
    if (waitSeconds === 0) {
      this.failedLogins.add(address);
      const isLast = this.failedLogins.retryAfterSeconds(address) > 0;
      this.logger.warn(isLast ? 'too many failed logins' : 'failed login', {
        address,
        requestId: requestIdOf(response),
      });
      return new GatewayError('admin_unauthorized', {
        detail: 'the token is not known or has expired',
      });
    }
    response.setHeader('Retry-After', waitSeconds);
    // Each further guess costs its sender a new connection and, while delays are available, a
    // second.
    response.setHeader('Connection', 'close');
    await this.failedLogins.delay(address);
    return new GatewayError('too_many_failed_logins', {
      detail: `the token is not known or has expired; try another token in ${waitSeconds} s`,
    });
  }
}
