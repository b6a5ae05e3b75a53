import { apiCalls } from './api.ts'
import { largeBlobs } from './large-blobs.ts'
import { pages } from './pages.ts'
import type { Stage } from './scenario.ts'
import { smallPushes, smallReads } from './small-images.ts'
import { tags } from './tags.ts'

/** In the order in which they run. */
export const stages: readonly Stage[] = [
  smallPushes,
  smallReads,
  largeBlobs,
  tags(100),
  tags(1000),
  tags(10_000),
  apiCalls,
  pages(100),
  pages(1000),
  pages(10_000),
  pages(100_000),
]
