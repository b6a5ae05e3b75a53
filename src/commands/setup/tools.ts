import { buildkit } from './buildkit.ts'
import { containerd } from './containerd.ts'
import { docker } from './docker.ts'
import { helm } from './helm.ts'
import { k3d } from './k3d.ts'
import { kind } from './kind.ts'
import { oras } from './oras.ts'
import { podman } from './podman.ts'
import type { Tool } from './settings.ts'

export const tools: Readonly<Record<string, Tool>> = {
  docker,
  podman,
  containerd,
  kind,
  k3d,
  buildkit,
  helm,
  oras,
}
