#!/usr/bin/env node
// Uses only old syntax, so that an old Node can parse this file and report that it is too old.
import { launch } from '@sluice/errors/launch';

launch({
  name: 'sluice-control-plane',
  url: import.meta.url,
  load: function () {
    return import('./program.ts');
  },
});
