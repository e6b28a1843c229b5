//! Where nodes stand in a picture.

use super::{Graph, Kind, Node};

/// The name of a node inside its namespace's frame.
pub(super) fn label(node: &Node) -> &str {
    let inside = node.namespace.as_deref().and_then(|it| node.id.strip_prefix(it)?.strip_prefix('/'));
    inside.unwrap_or(&node.id)
}

/// The nodes that have arrows and all workloads, by namespace in the order of the first of each; those without one last.
pub(super) fn namespaces(
    graph: &Graph,
    arrows: &[(usize, usize, String)],
) -> Vec<(Option<String>, Vec<usize>)> {
    let mut found: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    for index in drawn(graph, arrows) {
        let namespace = &graph.nodes[index].namespace;
        match found.iter_mut().find(|it| it.0 == *namespace) {
            Some((_, nodes)) => nodes.push(index),
            None => found.push((namespace.clone(), vec![index])),
        }
    }
    found.sort_by_key(|it| it.0.is_none());
    found
}

fn drawn(graph: &Graph, arrows: &[(usize, usize, String)]) -> impl Iterator<Item = usize> {
    let touched = |index: usize| arrows.iter().any(|it| it.0 == index || it.1 == index);
    let all = graph.nodes.iter().enumerate();
    let kept: Vec<usize> = all
        .filter(|(index, it)| it.kind == Kind::Workload || touched(*index))
        .map(|(index, _)| index)
        .collect();
    kept.into_iter()
}

/// The nodes in layers from the top: who comes in from outside, then the boot order from the last wave to the first,
/// then what is called outside. Within a layer, near those that they have arrows with.
pub(super) fn layers(graph: &Graph, arrows: &[(usize, usize, String)]) -> Vec<Vec<usize>> {
    let last = graph.nodes.iter().filter_map(|it| it.wave).max().unwrap_or(1);
    let calls = |index: usize| arrows.iter().any(|it| it.0 == index);
    let layer = |index: usize| match (&graph.nodes[index].kind, graph.nodes[index].wave) {
        (Kind::Workload, wave) => (last - wave.unwrap_or(1).min(last) + 1) as usize,
        _ if calls(index) => 0,
        _ => last as usize + 1,
    };
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); last as usize + 2];
    for index in drawn(graph, arrows) {
        layers[layer(index)].push(index);
    }
    // A few sweeps of the usual heuristic: each node to the mean place of its neighbours.
    for _ in 0..4 {
        for at in 0..layers.len() {
            let mut keyed: Vec<(f64, usize)> = Vec::new();
            for (own, index) in layers[at].iter().enumerate() {
                let near = arrows.iter().filter_map(|it| match (it.0 == *index, it.1 == *index) {
                    (true, false) => Some(it.1),
                    (false, true) => Some(it.0),
                    _ => None,
                });
                let places: Vec<f64> = near.filter_map(|it| place(&layers, it)).collect();
                let own = fraction(own, layers[at].len());
                let mean =
                    if places.is_empty() { own } else { places.iter().sum::<f64>() / count(places.len()) };
                keyed.push((mean, *index));
            }
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            layers[at] = keyed.into_iter().map(|it| it.1).collect();
        }
    }
    layers.retain(|it| !it.is_empty());
    layers
}

/// Where a node is in its layer, from 0 to 1.
fn place(layers: &[Vec<usize>], index: usize) -> Option<f64> {
    let layer = layers.iter().find(|it| it.contains(&index))?;
    Some(fraction(layer.iter().position(|it| *it == index)?, layer.len()))
}

fn fraction(index: usize, of: usize) -> f64 {
    (count(index) + 0.5) / count(of.max(1))
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
