# workerd with an Images binding that leads to tintype on 127.0.0.1:8080, stored images and all. See README.md.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-11-01",
      bindings = [
        (name = "IMAGES", wrapped = (
          moduleName = "cloudflare-internal:images-api",
          innerBindings = [(name = "fetcher", service = "images")])),
      ])),
    (name = "images", worker = (
      modules = [(name = "hosted.mjs", esModule = embed "hosted.mjs")],
      compatibilityDate = "2026-11-01",
      bindings = [
        (name = "BACKEND", service = "tintype"),
        (name = "ACCOUNT", fromEnvironment = "TINTYPE_ACCOUNT"),
        (name = "TOKEN", fromEnvironment = "TINTYPE_TOKEN"),
        (name = "HOST", text = "127.0.0.1:8080"),
      ])),
    (name = "tintype", external = (address = "127.0.0.1:8080", http = (style = host))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")]);
