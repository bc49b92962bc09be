import type { HeaderList } from '@sluice/http1';
import type { ResponseHead } from '../exchange.ts';
import type { StepResponseHead } from './steps.ts';

/** The head of a final response while the hooks of `respond` run. */
export class FinalHead implements StepResponseHead {
  policy = '';
  status: number;
  readonly headers: HeaderList;
  readonly origin: ResponseHead['origin'];
  private successor: FinalHead | undefined = undefined;

  constructor(status: number, headers: HeaderList, origin: ResponseHead['origin']) {
    this.status = status;
    this.headers = headers;
    this.origin = origin;
  }

  get current(): FinalHead {
    return this.successor === undefined ? this : this.successor.current;
  }

  withdraw(): void {
    this.successor = this.forShadow();
  }

  forShadow(): FinalHead {
    return new FinalHead(this.status, this.headers.clone(), this.origin);
  }
}
