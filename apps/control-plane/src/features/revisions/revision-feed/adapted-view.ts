import { SetHash } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';
import { ConfigView } from './config-view.ts';
import type { RevisionClock } from './config-view.ts';
import type { DeltaRingLimits } from './delta-ring.ts';
import type { NodeFilter } from './node-filter.ts';
import type { RevisionOrigin } from './revision-origin.ts';

/** The view of a gateway from which an adapted one derives. */
interface FullView extends ConfigView {
  hashWithout(kinds?: ReadonlySet<string>): SetHash;
}

/** A resource that these nodes are sent in another form, or not at all. */
interface Replacement {
  readonly base: ResourceRecord;
  /** Undefined: the resource is left out. */
  readonly form: ResourceRecord | undefined;
}

/**
 * What the nodes of a gateway receive that are not sent everything, because they are of an earlier
 * release or their connection is readable by others. It holds only the resources that differ from
 * those of the gateway's view, and shares all others with it.
 */
export class AdaptedView extends ConfigView {
  private readonly replacements = new Map<string, Replacement>();
  /** What has to be added to the hash of the base view, because resources differ. */
  private readonly difference = new SetHash();

  constructor(
    private readonly base: FullView,
    clock: RevisionClock,
    private readonly filter: NodeFilter,
    limits?: DeltaRingLimits,
  ) {
    super(base.gatewayId, clock, limits);
    if (filter.changesResources)
      for (const record of base.records()) this.replace(record.id, record);
    if (this.hash().matches(base.setHash()))
      this.continueDeltas(base, (change) => this.isShared(change));
    else this.beginDeltas();
  }

  /** Applies the changes of a revision, as the base view has them. */
  commit(changes: readonly ResourceRecord[], origin?: RevisionOrigin): void {
    const adapted = changes.flatMap((change) => this.changeOf(change) ?? []);
    if (adapted.length > 0) this.append(adapted, origin);
  }

  /** @inheritDoc */
  override *records(): Iterable<ResourceRecord> {
    for (const record of this.base.records()) {
      if (this.filter.excludedKinds.has(record.kind)) continue;
      const replacement = this.replacements.get(record.id);
      if (replacement === undefined) yield record;
      else if (replacement.form !== undefined) yield replacement.form;
    }
  }

  /** @inheritDoc */
  protected override hash(): SetHash {
    return this.base.hashWithout(this.filter.excludedKinds).plus(this.difference);
  }

  /** The change as these nodes receive it; undefined when it is none for them. */
  private changeOf(change: ResourceRecord): ResourceRecord | undefined {
    const { kind, id } = change;
    if (this.filter.excludedKinds.has(kind)) return undefined;
    const before = this.replacements.get(id);
    const wasLeftOut = before !== undefined && before.form === undefined;
    if (change.json === '') {
      this.replace(id, undefined);
      return wasLeftOut ? undefined : change;
    }
    const now = this.replace(id, change);
    if (now === undefined) return change;
    // The removal of a resource that the nodes do not have changes nothing.
    if (now.form === undefined) return wasLeftOut ? undefined : { kind, id, json: '' };
    return now.form.json === before?.form?.json ? undefined : now.form;
  }

  /** True when these nodes are sent the change as all others are. */
  private isShared(change: ResourceRecord): boolean {
    if (this.filter.excludedKinds.has(change.kind)) return false;
    return change.json === '' || this.filter.formOf(change) === change;
  }

  /** Records the form of a resource; undefined when it was deleted. */
  private replace(id: string, record: ResourceRecord | undefined): Replacement | undefined {
    const before = this.replacements.get(id);
    if (before !== undefined) {
      this.replacements.delete(id);
      this.difference.add(before.base);
      if (before.form !== undefined) this.difference.remove(before.form);
    }
    if (record === undefined || this.filter.excludedKinds.has(record.kind)) return undefined;
    const form = this.filter.formOf(record);
    if (form === record) return undefined;
    const replacement = { base: record, form };
    this.replacements.set(id, replacement);
    this.difference.remove(record);
    if (form !== undefined) this.difference.add(form);
    return replacement;
  }
}
