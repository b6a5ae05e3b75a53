import { caFile, PASSWORD, type Tool, trustedCa } from './settings.ts'

/** Podman, and what reads the same files: Buildah, Skopeo, CRI-O (containers-registries.conf.d(5)). */
export const podman: Tool = {
  directory: ({ home, isRoot }) => (isRoot ? '/etc/containers' : `${home}/.config/containers`),
  settings(target) {
    const { directory, url, realHost } = target
    const ca = trustedCa(target)
    const insecure = ca === undefined ? 'insecure = true\n' : ''
    return {
      files: [
        {
          path: `${directory}/registries.conf.d/ecr-local.conf`,
          content: `[[registry]]
location = "${url.host}"
${insecure}
[[registry]]
prefix = "${realHost}"
location = "${url.host}"
${insecure}`,
        },
        ...caFile(`${directory}/certs.d/${url.host}/ca.crt`, ca),
      ],
      steps: `${PASSWORD} | podman login -u AWS --password-stdin ${url.host}
podman push IMAGE ${url.host}/NAME:TAG
podman pull ${realHost}/NAME:TAG
Pulls under the real name come here with the login of ${url.host}: its account and region say
whose registry it is. Pushes go under ${url.host}, as podman leads only pulls elsewhere.`,
    }
  },
}
