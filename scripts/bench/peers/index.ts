import { distribution } from './distribution.ts'
import { ministack } from './ministack.ts'
import { moto } from './moto.ts'
import { olareg } from './olareg.ts'
import type { Peer } from './peer.ts'
import { zot } from './zot.ts'

export const peers: readonly Peer[] = [distribution, olareg, zot, moto, ministack]
