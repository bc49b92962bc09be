import { Injectable } from '@nestjs/common';
import { defaultPolicies, effectivePolicies, withoutSecrets } from '@sluice/config';
import type { EffectivePolicy, Kind, PolicyAttachment, PolicyHolder, Spec } from '@sluice/config';
import { GatewayError } from '@sluice/errors';
import { Answer } from '../../platform/http/answer.ts';
import { mapSealed } from '../../platform/secrets/sealed-spec.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { ResourceService } from '../resources/resource.service.ts';
import type { StoredResource } from '../resources/stored-resource.ts';
import type { EffectiveQuery } from './effective-query.ts';

/** Lists the policies that run for a route, and the resource to which each is attached. */
@Injectable()
export class EffectiveService {
  constructor(
    private readonly resources: ResourceService,
    private readonly policies: PoliciesService,
  ) {}

  async explain(idOrName: string, query: EffectiveQuery): Promise<Answer> {
    const route = await this.resources.find('route', idOrName);
    const gateway = await this.choose('gateway', route.spec.gateways, query.gateway);
    const service = await this.choose('service', servicesOf(route.spec), query.service);
    const consumer =
      query.consumer === undefined
        ? undefined
        : await this.resources.find('consumer', query.consumer);
    const groups = await Promise.all(
      (consumer?.spec.groups ?? []).map((group) => this.resources.find('group', group)),
    );
    const holders = [gateway, service, route, ...groups, consumer]
      .filter((resource) => resource !== undefined)
      .map(holderOf);
    const effective = effectivePolicies([...defaultsOf(gateway), ...holders]);
    return Answer.ok({
      route: route.name,
      gateway: gateway?.name ?? null,
      service: service?.name ?? null,
      consumer: consumer?.name ?? null,
      policies: effective.map((policy) => this.present(policy)),
    });
  }

  /** Returns the wanted resource, which must be one of `ids`, or the first of them. */
  private async choose<K extends Kind>(
    kind: K,
    ids: readonly string[],
    wanted: string | undefined,
  ): Promise<StoredResource<K> | undefined> {
    const [first] = ids;
    if (wanted === undefined)
      return first === undefined ? undefined : this.resources.find(kind, first);
    const found = await this.resources.find(kind, wanted);
    if (!ids.includes(found.id))
      throw new GatewayError('validation_failed', {
        detail: `query parameter ${kind}: the route does not use the ${kind} "${found.name}"`,
      });
    return found;
  }

  /** Shows the configuration with its defaults, as the policy uses it, without its secrets. */
  private present({ attachment, from }: EffectivePolicy): object {
    const parsed = this.policies.catalogue
      .get(attachment.name)
      ?.config.safeParse(attachment.config);
    const source =
      from.id === '' ? { kind: 'default' } : { kind: from.kind, id: from.id, name: from.name };
    const config = parsed?.success === true ? parsed.data : attachment.config;
    const shown = withoutSecrets(
      'route',
      { policies: [{ ...attachment, config }] },
      this.policies.catalogue,
    );
    return { ...mapSealed(shown, () => undefined).policies[0], from: source };
  }
}

function servicesOf({ service, split }: Spec<'route'>): readonly string[] {
  return service === undefined ? (split ?? []).map((part) => part.service) : [service];
}

function holderOf({ kind, id, name, spec }: StoredResource): PolicyHolder {
  const policies: readonly PolicyAttachment[] = 'policies' in spec ? spec.policies : [];
  return { kind: kind as PolicyHolder['kind'], id, name, policies };
}

/**
 * The default policies of a gateway. Their holder has no id, because they are not part of the
 * configuration.
 */
function defaultsOf(gateway: StoredResource | undefined): PolicyHolder[] {
  return gateway === undefined
    ? []
    : [{ kind: 'gateway', id: '', name: gateway.name, policies: defaultPolicies }];
}
