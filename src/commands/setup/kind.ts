import { hostsFiles } from './containerd.ts'
import { fromContainers, listenNote } from './from-containers.ts'
import { ownDirectory, type Tool } from './settings.ts'

const CERTS_D = '/etc/containerd/certs.d'

/** Kubernetes in Docker: the nodes' containerd reads our directory, mounted into them. */
export const kind: Tool = {
  directory: (user) => ownDirectory(user, 'kind'),
  reaches: fromContainers,
  settings(target) {
    const { directory, host, realHost } = target
    const hosts = `${directory}/certs.d`
    const content = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
containerdConfigPatches:
  - |-
    [plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "${CERTS_D}"
nodes:
  - role: control-plane
    extraMounts:
      - hostPath: ${hosts}
        containerPath: ${CERTS_D}
`
    return {
      files: [
        { path: `${directory}/cluster.yaml`, content },
        ...hostsFiles({ ...target, directory: hosts }, CERTS_D),
      ],
      steps: `${listenNote(target)}kind create cluster --config ${directory}/cluster.yaml
Pods name images as ${realHost}/NAME:TAG or ${host}/NAME:TAG. Start the server with
--anonymous pull, or give them an imagePullSecret.`,
    }
  },
}
