import { Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GatewayError } from '@sluice/errors';
import type { Request, Response } from 'express';
import { requestIdOf } from '../http/request-id.ts';
import { Logger } from '../logger.ts';
import { BootstrapToken } from './bootstrap-token.ts';
import { CallerDirectory } from './caller-directory.ts';
import { FailedLogins } from './failed-logins.ts';
import { mayUse } from './role.ts';
import type { Caller } from './role.ts';
import { hashSecret } from './secret.ts';

const accessKey = 'sluice access';
const callers = new WeakMap<object, Caller>();

/** Marks what is answered without a token: health and documentation. */
export const Public = () => SetMetadata(accessKey, 'public');
/** Marks what only the role admin may do. */
export const AdminOnly = () => SetMetadata(accessKey, 'admin');

/** The caller that the guard let in. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new TypeError('a public handler asked for its caller');
  return caller;
}

/** Lets nobody in without a bearer token (RFC 6750), from the first request on, and nobody beyond the token's role. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly bootstrap: BootstrapToken,
    private readonly directory: CallerDirectory,
    private readonly failedLogins: FailedLogins,
    private readonly logger: Logger,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<string | undefined>(accessKey, [context.getHandler(), context.getClass()]);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const caller = await this.authenticate(request, context.switchToHttp().getResponse<Response>());
    if (!mayUse(caller.role, request.method) || (access === 'admin' && caller.role !== 'admin')) {
      throw new GatewayError('admin_forbidden', { detail: `the token "${caller.name}" has the role ${caller.role}` });
    }
    callers.set(request, caller);
    return true;
  }

  private async authenticate(request: Request, response: Response): Promise<Caller> {
    const presented = /^bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    response.setHeader('WWW-Authenticate', 'Bearer realm="sluice"');
    if (presented === undefined) throw new GatewayError('admin_unauthorized', { detail: 'send "Authorization: Bearer <token>"' });
    const address = request.socket.remoteAddress ?? '';
    const waitSeconds = this.failedLogins.retryAfterSeconds(address);
    if (waitSeconds > 0) {
      response.setHeader('Retry-After', waitSeconds);
      throw new GatewayError('too_many_failed_logins', { detail: `try again in ${waitSeconds} s` });
    }
    const hash = hashSecret(presented);
    const caller = this.bootstrap.matches(hash) ? BootstrapToken.identity : await this.directory.findCaller(hash);
    if (caller === undefined) {
      this.failedLogins.add(address);
      const lockedOutSeconds = this.failedLogins.retryAfterSeconds(address);
      this.logger.warn(lockedOutSeconds > 0 ? 'too many failed logins' : 'failed login', { address, requestId: requestIdOf(response) });
      throw new GatewayError('admin_unauthorized', { detail: 'the token is not known or has expired' });
    }
    response.removeHeader('WWW-Authenticate');
    return caller;
  }
}
