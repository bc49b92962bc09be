import { Controller, Get } from '@nestjs/common';
import { Public } from '../platform/auth/auth.guard.ts';
import { Answer } from '../platform/http/answer.ts';
import { openApiDocument } from './document.ts';

/** Serves the OpenAPI document. It holds no secret, so it requires no token. */
@Public()
@Controller()
export class OpenApiController {
  private readonly document = openApiDocument();

  @Get('openapi.json')
  read(): Answer {
    return Answer.ok(this.document);
  }
}
