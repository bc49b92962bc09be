import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Response } from 'express';
import { Answer, sendAnswer } from './answer.ts';
import { serverOptions, strictly } from './strict-server.ts';

/**
 * Express behind a strict server. An {@link Answer} sets its own status, where Nest would set that
 * of the method.
 */
export class AdminHttpAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const server: Server = createServer(serverOptions);
    strictly(server, this.getInstance<RequestListener>());
    this.httpServer = server;
  }

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (body instanceof Answer) return sendAnswer(response, body);
    return super.reply(response, body, statusCode);
  }
}
