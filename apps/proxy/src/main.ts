#!/usr/bin/env node
// Plain old syntax: an old Node has to be able to read this file and say what is wrong.
import { launch } from '@sluice/errors/launch';

launch({
  name: 'sluice-proxy',
  url: import.meta.url,
  load: function () {
    return import('./program.ts');
  },
});
