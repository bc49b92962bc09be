import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import { resourceAttributes, schemaUrl } from '../names.ts';

/** The attributes of the origin of all spans of a process. */
export interface ResourceFacts {
  readonly serviceName: string;
  /** Identity of this node or replica. */
  readonly instanceId: string;
  readonly version: string;
  /** More attributes, from `OTEL_RESOURCE_ATTRIBUTES`; they take precedence over the others. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
}

/** The resource of a process. */
export function traceResource(facts: ResourceFacts): Resource {
  const attributes = {
    [resourceAttributes.serviceName]: facts.serviceName,
    [resourceAttributes.serviceInstanceId]: facts.instanceId,
    [resourceAttributes.serviceVersion]: facts.version,
    ...facts.resourceAttributes,
  };
  return resourceFromAttributes(attributes, { schemaUrl });
}
