import type { User } from './user.ts'

/**
 * Gives podman, buildah and skopeo a store of the user's own, which needs no mounts, and lets them accept
 * images without signatures.
 */
export async function keepContainersApart(user: User): Promise<void> {
  const { home, variables, write } = user
  await write('.config/containers/policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}')
  const [graphroot, runroot] = [`${home}/storage`, `${home}/run/storage`]
  await write(
    'storage.conf',
    `[storage]\ndriver = "vfs"\ngraphroot = "${graphroot}"\nrunroot = "${runroot}"\n`,
  )
  // Without these, podman shares its locks and its notes with every other podman of the machine.
  await write('containers.conf', `[engine]\nlock_type = "file"\ntmp_dir = "${home}/run/libpod"\n`)
  Object.assign(variables, {
    CONTAINERS_STORAGE_CONF: `${home}/storage.conf`,
    CONTAINERS_CONF: `${home}/containers.conf`,
    REGISTRY_AUTH_FILE: `${home}/.docker/config.json`,
  })
}

/** Starts a containerd of the user's own, which `ctr` and nerdctl find. It needs no rights but the user's. */
export async function startContainerd(user: User): Promise<void> {
  const { home, variables, write } = user
  const [uid, gid] = [process.getuid?.(), process.getgid?.()]
  const owner = `uid = ${uid}\n  gid = ${gid}\n`
  await write(
    'containerd.toml',
    `version = 2
root = "${home}/containerd"
state = "${home}/run/containerd"
[grpc]
  address = "${home}/run/containerd.sock"
  ${owner}[ttrpc]
  ${owner}`,
  )
  variables.CONTAINERD_ADDRESS = `${home}/run/containerd.sock`
  await user.start('containerd --config containerd.toml', /containerd successfully booted/)
}
