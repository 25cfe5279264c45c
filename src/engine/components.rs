//! The strongly connected components of a directed graph.

/// The strongly connected components of the vertices `0..count`, those first
/// to which edges lead (Tarjan, "Depth-first search and linear graph
/// algorithms", 1972, with a stack of its own in place of recursion).
pub(super) fn components<I: Iterator<Item = usize>>(
    count: usize,
    successors: impl Fn(usize) -> I,
) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut on_stack = vec![false; count];
    let mut stack = Vec::new();
    let mut next = 0;
    let mut found = Vec::new();
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, None::<I>)];
        while let Some((node, pending)) = path.last_mut() {
            let node = *node;
            let pending = pending.get_or_insert_with(|| {
                order[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
                successors(node)
            });
            if let Some(child) = pending.next() {
                if order[child] == UNSEEN {
                    path.push((child, None));
                } else if on_stack[child] {
                    low[node] = low[node].min(order[child]);
                }
                continue;
            }
            if low[node] == order[node] {
                let start = stack.iter().rposition(|&n| n == node).unwrap_or(0);
                let component = stack.split_off(start);
                for &member in &component {
                    on_stack[member] = false;
                }
                found.push(component);
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn components_come_after_what_they_lead_to() {
        // 0 -> 1 <-> 2, 2 -> 3, 4 alone
        let edges = [vec![1], vec![2], vec![1, 3], vec![], vec![]];
        let mut found = components(edges.len(), |n| edges[n].iter().copied());
        for component in &mut found {
            component.sort_unstable();
        }
        assert_eq!(found, [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn a_long_path_needs_no_stack() {
        let n = 300_000;
        let found = components(n, |i| (i + 1..n).take(1));
        assert_eq!(found.len(), n);
        assert_eq!(found[0], [n - 1]);
    }
}
