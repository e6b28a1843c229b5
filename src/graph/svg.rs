//! A picture: layers in the boot order from the top, an arrow for each pair, no program needed to draw it.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::{Graph, Kind, place, summary};

/// Pixels: of a character, of a box's height, between boxes, between rows, around everything, of a row at most.
const CHARACTER: usize = 7;
const HEIGHT: usize = 40;
const GAP: usize = 24;
const ROWS: usize = 84;
const MARGIN: usize = 24;
const WIDEST: usize = 1480;
/// Colours of arrows, by who is called; all are dark enough on white.
const COLOURS: [&str; 8] =
    ["#1b6ca8", "#b3261e", "#2e7d32", "#7b3fa0", "#a15c00", "#00727a", "#ad1457", "#4e5d6c"];

/// A node's place: its left and upper edge, and its width.
#[derive(Clone, Copy, Debug)]
struct Spot {
    x: usize,
    y: usize,
    width: usize,
}

/// The picture.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let shown = summary::shown(graph);
    let arrows = summary::arrows(&shown.single);
    let (spots, width, bottom) = lay(graph, &arrows);
    let notes = summary::common_lines(graph, &shown.common);
    let height = bottom + 18 * notes.len() + MARGIN;
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"11\">"
    );
    let title = escaped(&format!("{} {}: who may reach whom", graph.stack, graph.environment));
    let _ = writeln!(out, "<title>{title}</title>");
    out.push_str("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<defs>\n");
    for (index, colour) in COLOURS.iter().enumerate() {
        let _ = writeln!(
            out,
            "<marker id=\"a{index}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
             orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"{colour}\"/></marker>"
        );
    }
    out.push_str("</defs>\n<g fill=\"none\" stroke-width=\"1.2\" stroke-opacity=\"0.8\">\n");
    for arrow in &arrows {
        draw(graph, &arrows, &spots, arrow, &mut out);
    }
    out.push_str("</g>\n");
    for (index, spot) in spots.iter().enumerate() {
        if let Some(spot) = spot {
            frame(graph, index, *spot, &mut out);
        }
    }
    for (index, line) in notes.iter().enumerate() {
        let y = bottom + 18 * index + 12;
        let _ = writeln!(out, "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"#444444\">{}</text>", escaped(line));
    }
    out.push_str("</svg>\n");
    out
}

/// The place of each node that is drawn, the width of the whole, and where the boxes end.
fn lay(graph: &Graph, arrows: &[(usize, usize, String)]) -> (Vec<Option<Spot>>, usize, usize) {
    let mut rows: Vec<Vec<(usize, usize)>> = Vec::new();
    for layer in place::layers(graph, arrows) {
        let mut row: Vec<(usize, usize)> = Vec::new();
        for node in layer {
            let width = lines(graph, node).iter().map(|it| it.chars().count()).max().unwrap_or(0);
            let width = width * CHARACTER + 20;
            if !row.is_empty() && extent(&row) + GAP + width > WIDEST {
                rows.push(std::mem::take(&mut row));
            }
            row.push((node, width));
        }
        rows.push(row);
    }
    let widest = rows.iter().map(|it| extent(it)).max().unwrap_or(0);
    let mut spots = vec![None; graph.nodes.len()];
    let mut y = MARGIN;
    for row in rows {
        let mut x = MARGIN + (widest - extent(&row)) / 2;
        for (node, width) in row {
            spots[node] = Some(Spot { x, y, width });
            x += width + GAP;
        }
        y += HEIGHT + ROWS;
    }
    (spots, widest + 2 * MARGIN, y.saturating_sub(ROWS) + MARGIN)
}

fn extent(row: &[(usize, usize)]) -> usize {
    row.iter().map(|it| it.1 + GAP).sum::<usize>().saturating_sub(GAP)
}

/// What a box says: whose it is, and the ports that it lists or where it is.
fn lines(graph: &Graph, node: usize) -> [String; 2] {
    let node = &graph.nodes[node];
    let ports: Vec<String> = node.listens.iter().map(|(ports, _)| ports.first.to_string()).collect();
    let below = match (node.kind, &node.namespace) {
        (Kind::Workload, Some(namespace)) if ports.is_empty() => namespace.clone(),
        (Kind::Workload, Some(namespace)) => format!("{namespace} :{}", ports.join(" :")),
        (_, Some(namespace)) => format!("{namespace}, outside"),
        (_, None) => "outside".to_owned(),
    };
    [place::label(node).to_owned(), below]
}

fn frame(graph: &Graph, index: usize, spot: Spot, out: &mut String) {
    let [name, below] = lines(graph, index);
    let (fill, stroke, dash) = match graph.nodes[index].kind {
        Kind::Workload => ("#f4f8fc", "#34506b", ""),
        _ => ("#fbf7ef", "#8a6d3b", " stroke-dasharray=\"4 3\""),
    };
    let (Spot { x, y, width }, middle) = (spot, spot.x + spot.width / 2);
    let _ = writeln!(
        out,
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"5\" fill=\"{fill}\" \
         stroke=\"{stroke}\"{dash}/><text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555555\">{}</text></g>",
        escaped(&graph.nodes[index].id),
        y + 17,
        escaped(&name),
        y + 32,
        escaped(&below),
    );
}

/// An arrow from the lower edge of who calls to the upper edge of whom, or the other way round where that stands higher.
fn draw(
    graph: &Graph,
    arrows: &[(usize, usize, String)],
    spots: &[Option<Spot>],
    arrow: &(usize, usize, String),
    out: &mut String,
) {
    let (from, to, ports) = arrow;
    let (Some(start), Some(end)) = (spots[*from], spots[*to]) else { return };
    let x1 = anchor(start, arrows.iter().filter(|it| it.0 == *from), arrow);
    let x2 = anchor(end, arrows.iter().filter(|it| it.1 == *to), arrow);
    let above = start.y.saturating_sub(ROWS / 2);
    let (y1, y2, bend1, bend2) = match start.y.cmp(&end.y) {
        Ordering::Less => {
            (start.y + HEIGHT, end.y, start.y + HEIGHT + ROWS / 2, end.y.saturating_sub(ROWS / 2))
        }
        Ordering::Greater => (start.y, end.y + HEIGHT, above, end.y + HEIGHT + ROWS / 2),
        Ordering::Equal => (start.y, end.y, above, above),
    };
    let colour = to % COLOURS.len();
    let title = format!("{} → {} {ports}", graph.nodes[*from].id, graph.nodes[*to].id);
    let _ = writeln!(
        out,
        "<path d=\"M{x1} {y1} C{x1} {bend1} {x2} {bend2} {x2} {y2}\" stroke=\"{}\" marker-end=\"url(#a{colour})\">\
         <title>{}</title></path>",
        COLOURS[colour],
        escaped(&title),
    );
}

/// Where an arrow meets a box: those of one box side by side, in their order.
fn anchor<'a>(
    spot: Spot,
    all: impl Iterator<Item = &'a (usize, usize, String)>,
    arrow: &(usize, usize, String),
) -> usize {
    let all: Vec<_> = all.collect();
    let own = all.iter().position(|it| (it.0, it.1) == (arrow.0, arrow.1)).unwrap_or(0);
    spot.x + spot.width * (own + 1) / (all.len() + 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
