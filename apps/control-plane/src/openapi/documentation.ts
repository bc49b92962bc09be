import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { openApiDocument } from './document.ts';
import { localReferences } from './local-references.ts';

/**
 * Serves the Swagger UI pages under /docs. The pages load nothing from other origins. Samples have no
 * colours: to colour those of an operation takes a third of the time in which it opens.
 */
export function serveDocumentation(app: INestApplication): void {
  const document = openApiDocument() as unknown as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, {
    raw: false,
    customSiteTitle: 'Sluice Admin API',
    swaggerOptions: {
      persistAuthorization: false,
      validatorUrl: null,
      syntaxHighlight: false,
      plugins: [localReferences],
    },
  });
}
