// Loads the small modules that make pages nicer. An element says which it wants: data-module="drag progress". A module's
// default export gets the element. Pages work without all of this.
const begun = new WeakMap();

export function start(root = document) {
  for (const element of root.querySelectorAll('[data-module]')) {
    const done = begun.get(element) ?? new Set();
    begun.set(element, done);
    for (const name of element.dataset.module.split(/\s+/)) {
      if (!/^[a-z-]+$/.test(name) || done.has(name)) continue;
      done.add(name);
      import(`./${name}.js`).then((module) => module.default(element)).catch((error) => console.error(name, error));
    }
  }
}

start();
