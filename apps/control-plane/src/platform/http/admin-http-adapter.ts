import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Response } from 'express';
import { Answer, sendAnswer } from './answer.ts';
import { serverOptions, strictly } from './strict-server.ts';

/** Express behind a strict server, except that an {@link Answer} decides about its own status: Nest would set the one of the method. */
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
