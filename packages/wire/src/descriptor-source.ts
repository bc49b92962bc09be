/**
 * Makes src/descriptor.ts: the proto file as the data the loader reads, so that no .proto file has
 * to be found at run time, whether from source, from dist or inside an image.
 * `node packages/wire/src/descriptor-source.ts` writes it; a spec fails when it is out of date.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const protoPath = fileURLToPath(
  new URL('../../../proto/sluice/config/v1/config_stream.proto', import.meta.url),
);

/** Where the text belongs. */
export const descriptorPath = fileURLToPath(new URL('descriptor.ts', import.meta.url));

/** The text descriptor.ts should have. Throws when the proto file is missing or not well-formed. */
export function descriptorSource(): string {
  // The very protobufjs that the loader reads the result with: the workspace may have another major
  // beside it.
  const loaderRequire = createRequire(createRequire(import.meta.url).resolve('@grpc/proto-loader'));
  const { Root } = loaderRequire('protobufjs') as {
    Root: new () => { loadSync(path: string): { toJSON(): unknown } };
  };
  const json = JSON.stringify(new Root().loadSync(protoPath).toJSON(), undefined, 2);
  return [
    '// Generated from proto/sluice/config/v1/config_stream.proto by descriptor-source.ts. Do not edit.',
    '',
    `export const descriptor = ${json};`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(descriptorPath, descriptorSource());
