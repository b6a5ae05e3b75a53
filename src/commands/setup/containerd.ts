import { caFile, PASSWORD, type Settings, type Target, type Tool, trustedCa } from './settings.ts'

/** containerd, and what is made of it: nerdctl, ctr, the CRI of Kubernetes. */
export const containerd: Tool = {
  directory: () => '/etc/containerd/certs.d',
  settings(target) {
    const { directory, host, realHost } = target
    return {
      files: hostsFiles(target),
      steps: `ctr images pull --hosts-dir ${directory} --user "AWS:$(${PASSWORD})" ${realHost}/NAME:TAG
ctr images push --hosts-dir ${directory} --user "AWS:$(${PASSWORD})" ${host}/NAME:TAG
nerdctl reads ${directory} by itself, Kubernetes (the CRI plugin) where config_path in
/etc/containerd/config.toml names it; containerd needs no restart.`,
    }
  },
}

/**
 * The files of containerd's registry hosts (its docs/hosts.md), for the server's own name and for the real one.
 * `server` is ours too: what is not found here must not be asked of Amazon.
 *
 * @param seenAt where the tool sees the directory, if it is elsewhere
 */
export function hostsFiles(target: Target, seenAt = target.directory): Settings['files'] {
  const { directory, host, url, realHost } = target
  const ca = trustedCa(target)
  const caLine = ca === undefined ? '' : `  ca = "${seenAt}/ecr-local-ca.pem"\n`
  const content = `server = "${url.origin}"

[host."${url.origin}"]
  capabilities = ["pull", "resolve", "push"]
${caLine}`
  return [
    ...[host, realHost].map((name) => ({ path: `${directory}/${name}/hosts.toml`, content })),
    ...caFile(`${directory}/ecr-local-ca.pem`, ca),
  ]
}
