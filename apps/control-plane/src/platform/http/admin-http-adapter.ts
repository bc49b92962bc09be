import { ExpressAdapter } from '@nestjs/platform-express';
import type { Response } from 'express';
import { Answer, sendAnswer } from './answer.ts';

/** Express, except that an {@link Answer} decides about its own status: Nest would set the one of the method. */
export class AdminHttpAdapter extends ExpressAdapter {
  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (body instanceof Answer) return sendAnswer(response, body);
    return super.reply(response, body, statusCode);
  }
}
